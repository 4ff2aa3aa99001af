/* SPDX-License-Identifier: MIT */
/*
 * How every benchmark measures: each round takes the contenders in an order of its own, and what
 * counts is the median.
 */
#pragma once

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define FIRST_RANDOM UINT64_C(0x9e3779b97f4a7c15)

/* xorshift64: the same orders in every run, and no order twice in a row. */
static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline void shuffle(int *order, int count, uint64_t *state)
{
	for (int i = count - 1; i > 0; i--) {
		int j = (int)(next_random(state) % (uint64_t)(i + 1));
		int kept = order[i];
		order[i] = order[j];
		order[j] = kept;
	}
}

static inline int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

struct estimate {
	double median, spread; /* spread: half the 95 % confidence interval, in percent */
};

/* Sorts SAMPLES. The interval is the binomial one: the ranks n/2 +- 0.98 sqrt(n). */
static inline struct estimate estimate(double *samples, int count)
{
	qsort(samples, (size_t)count, sizeof(*samples), compare_doubles);
	double median = (samples[(count - 1) / 2] + samples[count / 2]) / 2;
	int reach = (int)ceil(0.98 * sqrt((double)count));
	int low = (count - 1) / 2 - reach, high = count / 2 + reach;
	if (low < 0)
		low = 0;
	if (high >= count)
		high = count - 1;
	return (struct estimate){ median, (samples[high] - samples[low]) / 2 / median * 100 };
}
