/* SPDX-License-Identifier: MIT */
/*
 * Text to numbers, without a locale, allocation or rounding surprises: decimal numbers
 * are scaled digit by digit in integers, so that what is written is what is meant.
 */
#include "parse.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "clock.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define DIGITS "0123456789"

static int fail(int err)
{
	errno = err;
	return -1;
}

int parse_integer(const char *text, int64_t min, int64_t max, int64_t *out)
{
	bool negative = min < 0 && *text == '-';
	if (min < 0 && (*text == '-' || *text == '+'))
		text++;

	size_t length = strspn(text, DIGITS);
	if (length == 0 || text[length])
		return fail(EINVAL);

	int64_t value = 0;
	for (; *text; text++) {
		int digit = *text - '0';
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, negative ? -digit : digit, &value))
			return fail(ERANGE);
	}
	if (value < min || value > max)
		return fail(ERANGE);
	*out = value;
	return 0;
}

/* A decimal number inside a text: 12, 1.5, .5, 5., 1.5e-3. */
struct decimal {
	const char *start, *end; /* the digits and at most one point */
	int64_t place;           /* digits that stand before the point, the exponent added */
	bool positive;           /* not zero */
};

/* Past "e", a sign and digits: the exponent; an absurd one just stays absurd. */
static const char *scan_exponent(const char *text, int64_t *exponent)
{
	bool negative = *text == '-';
	if (*text == '-' || *text == '+')
		text++;
	if (strspn(text, DIGITS) == 0)
		return NULL;

	int64_t value = 0;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (value < INT64_MAX / 100)
			value = value * 10 + (*text - '0');
	}
	*exponent = negative ? -value : value;
	return text;
}

/* The decimal number that TEXT starts with. Returns what follows it, NULL if there is none. */
static const char *scan_decimal(const char *text, struct decimal *number)
{
	size_t whole = strspn(text, DIGITS);
	const char *end = text + whole;
	size_t fraction = 0;

	if (*end == '.') {
		fraction = strspn(end + 1, DIGITS);
		end += 1 + fraction;
	}
	if (whole + fraction == 0)
		return NULL;

	*number = (struct decimal){
		.start = text,
		.end = end,
		.place = (int64_t)whole,
		.positive = strspn(text, "0.") < (size_t)(end - text),
	};
	return end;
}

/* The same with an exponent where there is one. */
static const char *scan_scientific(const char *text, struct decimal *number)
{
	const char *end = scan_decimal(text, number);
	if (!end || (*end != 'e' && *end != 'E'))
		return end;

	int64_t exponent;
	end = scan_exponent(end + 1, &exponent);
	if (end)
		number->place += exponent;
	return end;
}

/*
 * The digits from START on, which stand PLACE places right of the point (0 or less), times
 * UNIT (at most 2^50), rounded to nearest. Right to left, because dropping the remainder
 * of each division by ten on the way gives the same floor as one exact division at the end;
 * twice the unit, so that the last bit says how to round.
 */
static uint64_t scale_fraction(const char *start, const char *end, int64_t place, uint64_t unit)
{
	uint64_t halves = 0;

	for (const char *p = end; p > start;) {
		if (*--p != '.')
			halves = (halves + (uint64_t)(*p - '0') * 2 * unit) / 10;
	}
	for (; place < 0 && halves > 0; place++)
		halves /= 10;
	return (halves + 1) / 2;
}

/* NUMBER times UNIT, rounded to nearest, to *OUT; false if that is above UINT64_MAX. */
static bool scale_decimal(const struct decimal *number, uint64_t unit, uint64_t *out)
{
	uint64_t whole = 0;
	int64_t place = number->place;
	const char *p = number->start;

	for (; place > 0 && p < number->end; p++) {
		if (*p == '.')
			continue;
		if (__builtin_mul_overflow(whole, 10u, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*p - '0'), &whole))
			return false;
		place--;
	}
	for (; place > 0 && whole > 0; place--) {
		if (__builtin_mul_overflow(whole, 10u, &whole))
			return false;
	}

	uint64_t part = scale_fraction(p, number->end, place, unit);
	uint64_t total;
	if (__builtin_mul_overflow(whole, unit, &total) ||
	    __builtin_add_overflow(total, part, &total))
		return false;
	*out = total;
	return true;
}

/* Longer names first where one starts with the other. */
/* clang-format off */
static const struct {
	const char *name;
	uint64_t ns;
} duration_units[] = {
	{"us", UINT64_C(1000)},
	{"ms", UINT64_C(1000000)},
	{"s", UINT64_C(1000000000)},
	{"m", UINT64_C(60000000000)},
	{"h", UINT64_C(3600000000000)},
	{"d", UINT64_C(86400000000000)},
};
/* clang-format on */

/* What follows the unit that TEXT starts with, NULL if it starts with none. */
static const char *scan_duration_unit(const char *text, uint64_t *unit_ns)
{
	for (size_t i = 0; i < ARRAY_LENGTH(duration_units); i++) {
		size_t length = strlen(duration_units[i].name);
		if (strncmp(text, duration_units[i].name, length) == 0) {
			*unit_ns = duration_units[i].ns;
			return text + length;
		}
	}
	return NULL;
}

static int64_t scale_duration(const struct decimal *number, uint64_t unit_ns)
{
	uint64_t ns;

	if (!scale_decimal(number, unit_ns, &ns) || ns > (uint64_t)NS_NEVER)
		return NS_NEVER;
	return ns == 0 && number->positive ? 1 : (int64_t)ns;
}

/* One part of a duration. Only a part that is the whole text may go without a unit. */
static const char *scan_duration(const char *text, bool first, int64_t *ns)
{
	struct decimal number;
	uint64_t unit_ns = NS_PER_S;

	text = scan_scientific(text, &number);
	if (text && !(first && *text == '\0'))
		text = scan_duration_unit(text, &unit_ns);
	if (text)
		*ns = scale_duration(&number, unit_ns);
	return text;
}

int parse_duration(const char *text, int64_t *ns)
{
	int64_t total = 0;

	if (strcmp(text, "infinity") == 0) {
		*ns = NS_NEVER;
		return 0;
	}

	const char *p = text;
	do {
		int64_t part = 0;
		p = scan_duration(p, p == text, &part);
		if (!p)
			return fail(EINVAL);
		total = clock_after_ns(total, part);
	} while (*p);
	*ns = total ? total : NS_NEVER;
	return 0;
}

/* The suffix of a duration of timeout(1): seconds, or 0 if it is not one. */
static unsigned timeout_suffix_seconds(const char *suffix)
{
	if (suffix[0] != '\0' && suffix[1] != '\0')
		return 0;
	switch (suffix[0]) {
	case '\0':
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 60 * 60;
	case 'd':
		return 24 * 60 * 60;
	default:
		return 0;
	}
}

/*
 * The grammar of this one is strtod(3)'s, and so its own reading is the best: leading
 * blanks, "+5", "-0", "0x1p3" and "INF" are all good for timeout(1).
 */
int parse_timeout_duration(const char *text, int64_t *ns)
{
	char *end;

	errno = 0;
	double value = strtod(text, &end);
	bool is_zero = value == 0 && errno != ERANGE; /* ERANGE: too small to be told from 0 */
	bool is_negative = !is_zero && signbit(value);
	unsigned seconds = timeout_suffix_seconds(end);

	if (end == text || seconds == 0 || is_negative || isnan(value))
		return fail(EINVAL);

	value *= (double)seconds * NS_PER_S;
	if (is_zero || value >= 0x1p63)
		*ns = NS_NEVER;
	else
		*ns = value < 1 ? 1 : (int64_t)(value + 0.5);
	return 0;
}

#define KIB UINT64_C(1024)
#define KB UINT64_C(1000)

/* clang-format off */
static const struct {
	const char *suffix;
	uint64_t bytes;
} size_units[] = {
	{"", 1},
	{"K", KIB},             {"KiB", KIB},             {"KB", KB},
	{"M", KIB * KIB},       {"MiB", KIB * KIB},       {"MB", KB * KB},
	{"G", KIB * KIB * KIB}, {"GiB", KIB * KIB * KIB}, {"GB", KB * KB * KB},
	{"T", KIB * KIB * KIB * KIB}, {"TiB", KIB * KIB * KIB * KIB}, {"TB", KB * KB * KB * KB},
};
/* clang-format on */

/* The unit's bytes, 0 if it is none. Case matters, but for a small k, which is SI's own. */
static uint64_t find_size_unit(const char *suffix)
{
	for (size_t i = 0; i < ARRAY_LENGTH(size_units); i++) {
		const char *name = size_units[i].suffix;
		if (strcmp(suffix, name) == 0 ||
		    (suffix[0] == 'k' && name[0] == 'K' && strcmp(suffix + 1, name + 1) == 0))
			return size_units[i].bytes;
	}
	return 0;
}

int parse_scaled(const char *text, uint64_t unit, uint64_t *out)
{
	struct decimal number;
	const char *end = scan_decimal(text, &number);

	if (!end || *end)
		return fail(EINVAL);
	return scale_decimal(&number, unit, out) ? 0 : fail(ERANGE);
}

int parse_size(const char *text, uint64_t *bytes)
{
	struct decimal number;
	const char *suffix = scan_decimal(text, &number);
	uint64_t unit = suffix ? find_size_unit(suffix) : 0;
	uint64_t value;

	if (unit == 0)
		return fail(EINVAL);
	if (!scale_decimal(&number, unit, &value))
		return fail(ERANGE);
	*bytes = value;
	return 0;
}

/* signal(7). Where a number has more than one name, the one to show comes first. */
/* clang-format off */
static const struct {
	const char *name;
	int sig;
} signals[] = {
	{"HUP", SIGHUP},
	{"INT", SIGINT},
	{"QUIT", SIGQUIT},
	{"ILL", SIGILL},
	{"TRAP", SIGTRAP},
	{"ABRT", SIGABRT},
	{"IOT", SIGIOT},
	{"BUS", SIGBUS},
	{"FPE", SIGFPE},
	{"KILL", SIGKILL},
	{"USR1", SIGUSR1},
	{"SEGV", SIGSEGV},
	{"USR2", SIGUSR2},
	{"PIPE", SIGPIPE},
	{"ALRM", SIGALRM},
	{"TERM", SIGTERM},
#ifdef SIGSTKFLT /* not on MIPS and SPARC */
	{"STKFLT", SIGSTKFLT},
#endif
	{"CHLD", SIGCHLD},
	{"CLD", SIGCHLD},
	{"CONT", SIGCONT},
	{"STOP", SIGSTOP},
	{"TSTP", SIGTSTP},
	{"TTIN", SIGTTIN},
	{"TTOU", SIGTTOU},
	{"URG", SIGURG},
	{"XCPU", SIGXCPU},
	{"XFSZ", SIGXFSZ},
	{"VTALRM", SIGVTALRM},
	{"PROF", SIGPROF},
	{"WINCH", SIGWINCH},
	{"POLL", SIGPOLL},
	{"IO", SIGIO},
	{"PWR", SIGPWR},
	{"SYS", SIGSYS},
};
/* clang-format on */

static const char *const from_rtmin[] = {
	"RTMIN",    "RTMIN+1",  "RTMIN+2",  "RTMIN+3",  "RTMIN+4",  "RTMIN+5",
	"RTMIN+6",  "RTMIN+7",  "RTMIN+8",  "RTMIN+9",  "RTMIN+10", "RTMIN+11",
	"RTMIN+12", "RTMIN+13", "RTMIN+14", "RTMIN+15",
};

static const char *const from_rtmax[] = {
	"RTMAX",   "RTMAX-1", "RTMAX-2",  "RTMAX-3",  "RTMAX-4",  "RTMAX-5",  "RTMAX-6",  "RTMAX-7",
	"RTMAX-8", "RTMAX-9", "RTMAX-10", "RTMAX-11", "RTMAX-12", "RTMAX-13", "RTMAX-14",
};

/* Real-time signals that the C library keeps for itself: nobody can ask for them. */
static const char *const below_rtmin[] = { "32", "33", "34" };

static const char *standard_signal_name(int sig)
{
	for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
		if (signals[i].sig == sig)
			return signals[i].name;
	}
	return NULL;
}

static int parse_signal_number(const char *text, int *sig)
{
	int64_t number;

	if (parse_integer(text, 1, SIGRTMAX, &number) < 0)
		return -1;
	if (number < SIGRTMIN && !standard_signal_name((int)number))
		return fail(EINVAL);
	*sig = (int)number;
	return 0;
}

/* "+1" behind RTMIN (SIGN '+', BASE SIGRTMIN), "-2" behind RTMAX; nothing is the base itself. */
static int parse_realtime(const char *text, char sign, int base, int *sig)
{
	int64_t offset = 0;

	if (*text != '\0') {
		if (*text != sign)
			return fail(EINVAL);
		if (parse_integer(text + 1, 0, SIGRTMAX - SIGRTMIN, &offset) < 0)
			return -1;
	}
	*sig = sign == '+' ? base + (int)offset : base - (int)offset;
	return 0;
}

int parse_signal(const char *text, int *sig)
{
	if (*text >= '0' && *text <= '9')
		return parse_signal_number(text, sig);
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	if (strncasecmp(text, "RTMIN", 5) == 0)
		return parse_realtime(text + 5, '+', SIGRTMIN, sig);
	if (strncasecmp(text, "RTMAX", 5) == 0)
		return parse_realtime(text + 5, '-', SIGRTMAX, sig);

	for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
		if (strcasecmp(text, signals[i].name) == 0) {
			*sig = signals[i].sig;
			return 0;
		}
	}
	return fail(EINVAL);
}

const char *parse_signal_name(int sig)
{
	const char *name = standard_signal_name(sig);
	size_t from_min = (size_t)sig - (size_t)SIGRTMIN;
	size_t from_max = (size_t)SIGRTMAX - (size_t)sig;
	size_t reserved = (size_t)sig - 32;

	if (name)
		return name;
	if (from_min < ARRAY_LENGTH(from_rtmin))
		return from_rtmin[from_min];
	if (from_max < ARRAY_LENGTH(from_rtmax))
		return from_rtmax[from_max];
	if (reserved < ARRAY_LENGTH(below_rtmin))
		return below_rtmin[reserved];
	return "?";
}

#define MODE_ALL (S_IRWXU | S_IRWXG | S_IRWXO)

static int parse_octal_mask(const char *text, mode_t *mask)
{
	mode_t value = 0;

	if (text[strspn(text, "01234567")])
		return fail(EINVAL);
	for (; *text; text++) {
		value = value * 8 + (mode_t)(*text - '0');
		if (value > MODE_ALL)
			return fail(ERANGE);
	}
	*mask = value;
	return 0;
}

/* The bits of one of the classes u, g, o; 0 for any other character. */
static mode_t class_bits(char class)
{
	switch (class) {
	case 'u':
		return S_IRWXU;
	case 'g':
		return S_IRWXG;
	case 'o':
		return S_IRWXO;
	default:
		return 0;
	}
}

/* What a class has, given to all three. */
static mode_t spread_bits(mode_t mode, mode_t class)
{
	mode &= class;
	mode |= mode >> 3 | mode >> 6 | mode << 3 | mode << 6;
	return mode & MODE_ALL;
}

/* "rwX", or a class to copy from. Returns what follows. */
static const char *scan_permissions(const char *p, mode_t mode, mode_t original, mode_t *bits)
{
	*bits = 0;
	if (class_bits(*p)) {
		*bits = spread_bits(mode, class_bits(*p));
		return p + 1;
	}
	for (;; p++) {
		if (*p == 'r')
			*bits |= S_IRUSR | S_IRGRP | S_IROTH;
		else if (*p == 'w')
			*bits |= S_IWUSR | S_IWGRP | S_IWOTH;
		else if (*p == 'x' || (*p == 'X' && original & (S_IXUSR | S_IXGRP | S_IXOTH)))
			*bits |= S_IXUSR | S_IXGRP | S_IXOTH;
		else if (*p != 'X')
			return p;
	}
}

/* One clause of a symbolic mode, "ug+rw" or "o=g-w". Returns what follows, NULL if wrong. */
static const char *apply_mode_clause(const char *p, mode_t *mode)
{
	mode_t original = *mode;
	mode_t who = 0;

	for (; class_bits(*p) || *p == 'a'; p++)
		who |= *p == 'a' ? MODE_ALL : class_bits(*p);
	if (who == 0)
		who = MODE_ALL;
	if (*p == '\0' || !strchr("+-=", *p))
		return NULL;

	while (*p && strchr("+-=", *p)) {
		char action = *p;
		mode_t bits;
		p = scan_permissions(p + 1, *mode, original, &bits);
		if (action == '=')
			*mode &= ~who;
		if (action == '-')
			*mode &= ~(bits & who);
		else
			*mode |= bits & who;
	}
	return p;
}

int parse_umask(const char *text, mode_t *mask)
{
	if (*text >= '0' && *text <= '9')
		return parse_octal_mask(text, mask);

	/* The only way to read it is to set it; nothing is created in between. */
	mode_t current = umask(MODE_ALL);
	umask(current);

	mode_t mode = ~current & MODE_ALL;
	for (const char *p = text;; p++) {
		p = apply_mode_clause(p, &mode);
		if (!p || (*p != ',' && *p != '\0'))
			return fail(EINVAL);
		if (*p == '\0')
			break;
	}
	*mask = ~mode & MODE_ALL;
	return 0;
}

/* A plain number that TEXT starts with; what is too large for a long stays too large. */
static const char *scan_number(const char *text, size_t *number)
{
	if (strspn(text, DIGITS) == 0)
		return NULL;
	size_t value = 0;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (value < SIZE_MAX / 100)
			value = value * 10 + (size_t)(*text - '0');
	}
	*number = value;
	return text;
}

struct core_range {
	size_t first, last, step;
};

/* "3", "2-5" or "8-14:2". Returns what follows, NULL if wrong. */
static const char *scan_core_range(const char *text, struct core_range *range)
{
	text = scan_number(text, &range->first);
	if (!text)
		return NULL;
	range->last = range->first;
	range->step = 1;
	if (*text != '-')
		return text;

	text = scan_number(text + 1, &range->last);
	if (text && *text == ':')
		text = scan_number(text + 1, &range->step);
	return text && range->last >= range->first && range->step > 0 ? text : NULL;
}

/* One pass over the list: into SET, or only checking it if SET is NULL. */
static int walk_cores(const char *text, cpu_set_t *set, size_t size)
{
	for (;; text++) {
		struct core_range range;
		text = scan_core_range(text, &range);
		if (!text || (*text != ',' && *text != '\0'))
			return fail(EINVAL);
		if (range.last >= size * 8)
			return fail(ERANGE);
		for (size_t core = range.first; set && core <= range.last; core += range.step)
			CPU_SET_S(core, size, set);
		if (*text == '\0')
			return 0;
	}
}

int parse_cores(const char *text, cpu_set_t *set, size_t size)
{
	if (walk_cores(text, NULL, size) < 0)
		return -1;
	CPU_ZERO_S(size, set);
	return walk_cores(text, set, size);
}

int parse_screen_size(const char *text, struct screen_size *size)
{
	size_t columns, rows;
	text = scan_number(text, &columns);
	if (text && *text == 'x')
		text = scan_number(text + 1, &rows);
	else
		text = NULL;
	if (!text || *text)
		return fail(EINVAL);
	if (columns < 1 || columns > USHRT_MAX || rows < 1 || rows > USHRT_MAX)
		return fail(ERANGE);
	*size = (struct screen_size){ (unsigned short)columns, (unsigned short)rows };
	return 0;
}

bool parse_is_env_name(const char *text)
{
	return *text != '\0' && !strchr(text, '=');
}
