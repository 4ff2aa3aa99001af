/* SPDX-License-Identifier: MIT */
/*
 * A diagnosis for programs: doctor.schema.json.
 */
#include "ctl/diagnosis.h"
#include "msg.h"
#include "report/jansson.h"

#ifdef HAVE_JANSSON
#include "report/build.h"

static json_t *make_check(struct build *b, const struct check *check)
{
	json_t *object = b->lib->json_object();
	put(b, object, "name", text(b, check->name));
	put(b, object, "status", text(b, diagnosis_status_name(check->status)));
	put(b, object, "detail", text(b, check->detail));
	put(b, object, "advice", text_or_null(b, check->advice));
	return object;
}

static char *make_text(struct build *b, const struct diagnosis *diagnosis)
{
	json_t *root = b->lib->json_object(), *checks = b->lib->json_array();
	for (size_t i = 0; i < diagnosis->count; i++)
		append(b, checks, make_check(b, &diagnosis->check[i]));
	put(b, root, "schema", text(b, "cordon.doctor/1"));
	put(b, root, "checks", checks);
	char *record = b->failed ? NULL : b->lib->json_dumps(root, JSON_INDENT(2));
	if (root)
		b->lib->json_delete(root); /* nobody else has a reference to it */
	return record;
}

static int write_json(const struct jansson *jansson, const struct diagnosis *diagnosis)
{
	struct build build = { .lib = jansson };
	_cleanup_free_ char *record = make_text(&build, diagnosis);
	if (!record) {
		msg_warn("--json: out of memory");
		return -1;
	}
	puts(record);
	return 0;
}
#else
static int write_json(const struct jansson *jansson, const struct diagnosis *diagnosis)
{
	(void)jansson, (void)diagnosis; /* there never is one */
	return -1;
}
#endif

int diagnosis_show_json(const struct diagnosis *diagnosis)
{
	char why[256];
	struct jansson *jansson = jansson_new(why, sizeof(why));
	if (!jansson) {
		msg_warn("--json: %s", why);
		return -1;
	}
	int result = write_json(jansson, diagnosis);
	jansson_free(jansson);
	return result;
}
