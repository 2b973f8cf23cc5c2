// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/commands/completing.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/registry.h"
#include "bench/cli/command.h"
#include "bench/lab/lanes/lanes.h"
#include "bench/plan/config.h"
#include "bench/plan/job.h"
#include "reports/formats/report.h"
#include "workloads/workload.h"

struct completion {
	FILE *out;
	/* Of the word, what stands before each candidate, and what a candidate begins with. */
	int kept;
	const char *word, *begin;
};

static void add_ending(const struct completion *c, const char *text, size_t len, const char *ending,
		       const char *what)
{
	size_t typed = strlen(c->begin);

	if (typed > len ?
		    strncmp(text, c->begin, len) || strncmp(ending, c->begin + len, typed - len) :
		    strncmp(text, c->begin, typed))
		return;
	fprintf(c->out, "%.*s%.*s%s\t%.*s\n", c->kept, c->word, (int)len, text, ending,
		(int)strcspn(what, "\n"), what);
}

static void add(const struct completion *c, const char *text, const char *what)
{
	add_ending(c, text, strlen(text), "", what);
}

static void add_files(const struct completion *c)
{
	fputs(":files\n", c->out);
}

/* "fail|warn|ignore", "workloads | jobs": what stands between the bars, if all are plain words. */
static bool add_alternatives(const struct completion *c, const char *list, size_t len,
			     const char *ending)
{
	const char *plain = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (!memchr(list, '|', len) ||
	    strspn(list, "abcdefghijklmnopqrstuvwxyz0123456789-| ") < len)
		return false;
	for (size_t i = 0; i < len;) {
		size_t word = strspn(list + i, plain);

		if (word)
			add_ending(c, list + i, word, ending, "");
		i += word ? word : 1;
	}
	return true;
}

/* The last of a list "A,B,…": what comes before it stays. */
static struct completion last_of_list(struct completion c)
{
	const char *comma = strrchr(c.begin, ',');

	if (comma) {
		c.kept += (int)(comma + 1 - c.begin);
		c.begin = comma + 1;
	}
	return c;
}

static void add_workloads(struct completion c)
{
	const char *colon;

	c = last_of_list(c);
	colon = strrchr(c.begin, ':');
	for_each_workload(entry) {
		const struct workload *w = *entry;
		const struct workload_param *p = w->params;
		struct completion in = c;

		if (!colon) {
			add(&c, w->name, w->what);
			continue;
		}
		if (strncmp(c.begin, w->name, strlen(w->name)) || c.begin[strlen(w->name)] != ':')
			continue;
		in.kept += (int)(colon + 1 - c.begin);
		in.begin = colon + 1;
		for (; p->name; p++)
			add_ending(&in, p->name, strlen(p->name), "=", p->help);
	}
}

static void add_config(struct completion c)
{
	const char *equals = strchr(c.begin, '=');

	for (const struct config_key *key = config_keys; key->name; key++) {
		size_t len = strlen(key->name);
		struct completion value = c;

		if (!equals) {
			add_ending(&c, key->name, len, "=", key->help);
		} else if (len == (size_t)(equals - c.begin) && !strncmp(key->name, c.begin, len)) {
			value.kept += (int)len + 1;
			value.begin = equals + 1;
			value = last_of_list(value);
			add_alternatives(&value, key->values, strlen(key->values), "");
		}
	}
}

static void add_commands(const struct completion *c, const struct command *const *list)
{
	for (; *list; list++)
		add(c, (*list)->name, (*list)->usage->what);
}

/* What an option's argument is, or an operand: by the name it has in the help. */
static void add_values_of(const struct completion *c, const struct usage *usage,
			  const struct opt *opt)
{
	const char *arg = opt->arg;

	if (opt->id == 'f' && usage->shows) {
		for_each_renderer(r, usage->shows) add(c, r->name, r->what);
	} else if (add_alternatives(c, arg, strlen(arg), "")) {
		return;
	} else if (!strcmp(opt->name, "workloads")) {
		add_workloads(*c);
	} else if (!strncmp(arg, "KEY=", 4) || !strcmp(opt->name, "ab")) {
		add_config(*c);
	} else if (!strcmp(opt->name, "backend")) {
		for_each_backend(backend)
			add(c, backend->name, backend->what);
	} else if (strstr(arg, "FILE") || !strcmp(arg, "DIR") || !strcmp(arg, "HOST") ||
		   !strcmp(arg, "KERNEL")) {
		add_files(c);
	}
}

static const struct opt *find_option(const struct usage *usage, const char *word, size_t len)
{
	for (const struct opt *opt = usage->options; opt && opt->name; opt++) {
		if (!strncmp(word, "--", 2) ?
			    strlen(opt->name) == len - 2 && !strncmp(opt->name, word + 2, len - 2) :
			    len == 2 && opt->id == word[1])
			return opt;
	}
	return NULL;
}

static void add_options(const struct completion *c, const struct usage *usage)
{
	char text[128];

	for (const struct opt *opt = usage->options; opt && opt->name; opt++) {
		snprintf(text, sizeof(text), "--%s", opt->name);
		add(c, text, opt->help);
		if (opt->id < OPT_LONG && !strcmp(c->begin, "-")) {
			snprintf(text, sizeof(text), "-%c", opt->id);
			add(c, text, opt->help);
		}
	}
	add(c, "--help", "Show this help");
}

/* By what the synopsis says: which files a command reads, which tables it takes names of. */
static void add_operands(const struct completion *c, const struct usage *usage)
{
	const char *synopsis = usage->synopsis ? usage->synopsis : "";

	if (*synopsis == '[')
		add_alternatives(c, synopsis + 1, strcspn(synopsis + 1, "]"), "");
	if (strstr(synopsis, "LANE")) {
		for_each_lane(lane)
			add(c, lane->name, lane->what);
	}
	if (strstr(synopsis, "JOB")) {
		for (const struct embedded_job *job = embedded_jobs; job->name; job++)
			add(c, job->name, "job");
	}
	if (strstr(synopsis, "JOB") || strstr(synopsis, "RESULT") || strstr(synopsis, "BASE NEW"))
		add_files(c);
}

/* The command that the words before the last one name; *used of them. NULL: hvbench itself. */
static const struct command *find_command(int nr, char **words, const struct command *const *all,
					  int *used)
{
	const struct command *found = NULL;
	const struct command *const *list = all;

	for (*used = 0; list && *used < nr; (*used)++) {
		while (*list && strcmp((*list)->name, words[*used]))
			list++;
		if (!*list)
			break;
		found = *list;
		list = found->sub;
	}
	return found;
}

static void complete_command(struct completion *c, const struct command *command, int nr,
			     char **words)
{
	const struct usage *usage = command->usage;
	const char *equals = strchr(c->word, '=');
	const struct opt *opt;

	for (int i = 0; i < nr; i++) {
		if (!strcmp(words[i], "--"))
			return;
	}
	if (!strncmp(c->word, "--", 2) && equals) {
		opt = find_option(usage, c->word, (size_t)(equals - c->word));
		c->kept = (int)(equals + 1 - c->word);
		c->begin = equals + 1;
		if (opt && opt->arg)
			add_values_of(c, usage, opt);
		return;
	}
	opt = nr ? find_option(usage, words[nr - 1], strlen(words[nr - 1])) : NULL;
	if (opt && opt->arg)
		add_values_of(c, usage, opt);
	else if (*c->word == '-')
		add_options(c, usage);
	else
		add_operands(c, usage);
}

void completing__print(const struct usage *program, int nr, char **words, FILE *out)
{
	const struct command **all = commands__sorted();
	const char *word = nr ? words[nr - 1] : "";
	struct completion c = { .out = out, .word = word, .begin = word };
	const struct command *command;
	int before = nr ? nr - 1 : 0, used;
	bool help = before && !strcmp(words[0], "help");

	words += help;
	before -= help;
	command = find_command(before, words, all, &used);
	if (command && command->sub && used == before) {
		add_commands(&c, command->sub);
	} else if (command && !command->sub && !help) {
		complete_command(&c, command, before - used, words + used);
	} else if (!command && !before) {
		add_commands(&c, all);
		if (*word == '-' && !help)
			add_options(&c, program);
	}
	free(all);
}

/*
 * bash splits words at ":" and "=" too, which the program has to see whole; of a candidate only
 * what comes behind the last of them is then put in.
 */
static const char bash[] =
	"# bash completion for hvbench: the program itself says what can come next.\n"
	"_hvbench()\n"
	"{\n"
	"	local words word line split\n"
	"\n"
	"	COMPREPLY=()\n"
	"	read -ra words <<<\"${COMP_LINE:0:COMP_POINT}\"\n"
	"	[[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=(\"\")\n"
	"	word=${words[-1]}\n"
	"	split=${word%\"${word##*[=:]}\"}\n"
	"	while IFS= read -r line; do\n"
	"		line=${line%%$'\\t'*}\n"
	"		if [ \"$line\" = :files ]; then\n"
	"			compopt -o filenames 2>/dev/null\n"
	"			mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(\n"
	"				compgen -f -- \"${word#\"$split\"}\")\n"
	"		else\n"
	"			[[ $line != *[=:,] ]] || compopt -o nospace 2>/dev/null\n"
	"			COMPREPLY+=(\"${line#\"$split\"}\")\n"
	"		fi\n"
	"	done < <(\"${words[0]}\" help --complete \"${words[@]:1}\" 2>/dev/null)\n"
	"}\n"
	"complete -F _hvbench hvbench\n";

static const char zsh[] =
	"#compdef hvbench\n"
	"# zsh completion for hvbench: the program itself says what can come next.\n"
	"_hvbench()\n"
	"{\n"
	"	local line files\n"
	"	local -a plain open\n"
	"\n"
	"	for line in ${(f)\"$(${words[1]} help --complete \"${(@)words[2,CURRENT-1]}\" "
	"\"$PREFIX\" 2>/dev/null)\"}; do\n"
	"		if [[ $line == :files ]]; then\n"
	"			files=1\n"
	"		elif [[ ${line%%$'\\t'*} == *[=:,] ]]; then\n"
	"			open+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
	"		else\n"
	"			plain+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
	"		fi\n"
	"	done\n"
	"	[[ -z $plain ]] || _describe hvbench plain\n"
	"	[[ -z $open ]] || _describe hvbench open -S ''\n"
	"	[[ -z $files ]] || { compset -P '--*='; _files }\n"
	"}\n"
	"[[ $funcstack[1] != _hvbench ]] || _hvbench \"$@\"\n"
	"[[ -n $funcstack[1] ]] || compdef _hvbench hvbench\n";

static const char fish[] =
	"# fish completion for hvbench: the program itself says what can come next.\n"
	"function __hvbench_complete\n"
	"	set -l words (commandline -opc)\n"
	"	set -l word (commandline -ct)\n"
	"	$words[1] help --complete $words[2..-1] \"$word\" 2>/dev/null | while read -l "
	"line\n"
	"		if test \"$line\" = :files\n"
	"			__fish_complete_path \"$word\"\n"
	"		else\n"
	"			echo $line\n"
	"		end\n"
	"	end\n"
	"end\n"
	"complete -c hvbench -f -a '(__hvbench_complete)'\n";

int completing__script(const char *shell, FILE *out)
{
	const char *script = !strcmp(shell, "bash") ? bash :
			     !strcmp(shell, "zsh")  ? zsh :
			     !strcmp(shell, "fish") ? fish :
						      NULL;

	if (!script)
		return -ENOENT;
	fputs(script, out);
	return 0;
}
