/* SPDX-License-Identifier: MIT */
/*
 * Libraries that a report in another format than for people needs.
 */
#include "ctl/diagnosis.h"
#include "report/jansson.h"

void check_report(struct diagnosis *diagnosis)
{
	static const struct package package = { .apt = "libjansson4",
						.dnf = "jansson",
						.zypper = "libjansson4",
						.pacman = "jansson",
						.apk = "jansson" };
	char why[256];
	struct jansson *jansson = jansson_new(why, sizeof(why));
	if (jansson)
		diagnosis_add(diagnosis, "jansson", CHECK_OK, "reports in JSON");
	else
		check_advise_package(diagnosis_add(diagnosis, "jansson", CHECK_MISSING,
						   "no reports in JSON: %s", why),
				     &package);
	jansson_free(jansson);
}
