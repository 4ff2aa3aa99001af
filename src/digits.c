/* SPDX-License-Identifier: MIT */
#include "digits.h"

char *digits_before(char *end, unsigned value, unsigned base)
{
	do
		*--end = "0123456789abcdef"[value % base];
	while (value /= base);
	return end;
}
