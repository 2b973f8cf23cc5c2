// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any file may be given as a payload: one that is not, or would lie outside the guest's memory, is
 * refused with a message, and nothing is read or written beyond file and memory.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/vmm/payload.h"

#define MAX_HEADERS 4
#define LOW_BYTES   (4u << 20)
#define IMAGE_BYTES 0x3000
#define LOAD_OFFSET 0x1000
#define LOAD_BYTES  0x100
#define NOTE_OFFSET 0x2000

/* A complete, valid file, unless a test damages it. */
struct image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[MAX_HEADERS];
	uint8_t pad[LOAD_OFFSET - sizeof(Elf64_Ehdr) - MAX_HEADERS * sizeof(Elf64_Phdr)];
	uint8_t load[NOTE_OFFSET - LOAD_OFFSET];
	struct {
		Elf64_Nhdr head;
		char name[8];
		struct hv_payload_note desc;
	} __attribute__((packed)) note;
	uint8_t rest[IMAGE_BYTES - NOTE_OFFSET - sizeof(Elf64_Nhdr) - 8 -
		     sizeof(struct hv_payload_note)];
};
_Static_assert(sizeof(struct image) == IMAGE_BYTES, "the file's layout");

static void image_init(struct image *im)
{
	memset(im, 0, sizeof(*im));
	im->eh = (Elf64_Ehdr){
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = offsetof(struct image, ph),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
	};
	im->ph[0] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_offset = LOAD_OFFSET,
		.p_paddr = 0x100000,
		.p_vaddr = 0x100000,
		.p_filesz = LOAD_BYTES,
		.p_memsz = 0x20000,
	};
	im->ph[1] = (Elf64_Phdr){
		.p_type = PT_NOTE,
		.p_offset = NOTE_OFFSET,
		.p_filesz = sizeof(im->note),
	};
	im->note.head = (Elf64_Nhdr){ 8, sizeof(im->note.desc), HV_NOTE_PAYLOAD };
	memcpy(im->note.name, HV_NOTE_NAME, 8);
	im->note.desc = (struct hv_payload_note){
		.abi_version = HV_ABI_VERSION,
		.size = sizeof(im->note.desc),
		.entry64 = 0x100000,
		.pml4 = 0x101000,
		.mailbox = 0x102000,
		.image_end = 0x120000,
	};
	memset(im->load, 0xab, sizeof(im->load));
}

static int open_bytes(struct payload *payload, const void *bytes, size_t len, struct error *err)
{
	int fd = memfd_create("payload", MFD_CLOEXEC), ret;
	char path[64];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = payload__open(payload, path, err);
	close(fd);
	return ret;
}

/* On the heap, so that a sanitizer sees the first byte beyond it. */
static int load(const struct payload *payload, uint64_t low_bytes, struct error *err)
{
	uint8_t *low = calloc(1, low_bytes);
	int ret;

	assert_non_null(low);
	ret = payload__load(payload, low, low_bytes, err);
	free(low);
	return ret;
}

static void expect_refused(const struct image *im, size_t len, const char *why)
{
	struct payload payload;
	struct error err = { 0 };
	int ret = open_bytes(&payload, im, len, &err);

	if (!ret) {
		ret = load(&payload, LOW_BYTES, &err);
		payload__close(&payload);
	}
	if (!ret)
		fail_msg("not refused: %s", why);
	if (ret != err.code || !strstr(err.text, "payload"))
		fail_msg("%s: code %d, message '%s'", why, err.code, err.text);
}

static void good_file_is_loaded(void **state)
{
	struct error err = { 0 };
	struct payload payload;
	struct image im;
	uint8_t *low = calloc(1, LOW_BYTES);

	(void)state;
	image_init(&im);
	assert_int_equal(open_bytes(&payload, &im, sizeof(im), &err), 0);
	assert_int_equal(payload.note.entry64, 0x100000);
	assert_int_equal(payload.note.mailbox, 0x102000);
	assert_int_equal(payload__load(&payload, low, LOW_BYTES, &err), 0);
	assert_int_equal(low[0xfffff], 0);
	assert_int_equal(low[0x100000], 0xab);
	assert_int_equal(low[0x100000 + LOAD_BYTES - 1], 0xab);
	assert_int_equal(low[0x100000 + LOAD_BYTES], 0);
	payload__close(&payload);
	payload__close(&payload); /* twice does no harm */
	free(low);
}

static void edges_that_fit_are_taken(void **state)
{
	struct error err = { 0 };
	struct payload payload;
	struct image im;

	(void)state;
	image_init(&im);
	/* Uses the last byte of memory and of the file. */
	im.ph[0].p_paddr = LOW_BYTES - im.ph[0].p_memsz;
	im.note.desc.mailbox = (LOW_BYTES - sizeof(struct hv_mailbox)) & ~4095ull;
	im.note.desc.pml4 = LOW_BYTES - 4096;
	im.ph[2] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_offset = IMAGE_BYTES - 16,
		.p_filesz = 16,
		.p_memsz = 16,
		.p_paddr = LOW_BYTES - 16,
	};
	/* An empty segment, at the end. */
	im.ph[3] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = IMAGE_BYTES, .p_paddr = LOW_BYTES };
	im.eh.e_phnum = 4;
	assert_int_equal(open_bytes(&payload, &im, sizeof(im), &err), 0);
	assert_int_equal(load(&payload, LOW_BYTES, &err), 0);
	payload__close(&payload);
}

static void damaged_headers_are_refused(void **state)
{
	struct image im;

	(void)state;
#define DAMAGED(what) \
	do { \
		image_init(&im); \
		what; \
		expect_refused(&im, sizeof(im), #what); \
	} while (0)
	DAMAGED(im.eh.e_ident[0] = 0);
	DAMAGED(im.eh.e_ident[EI_MAG3] = 'f');
	DAMAGED(im.eh.e_ident[EI_CLASS] = ELFCLASS32);
	DAMAGED(im.eh.e_ident[EI_DATA] = ELFDATA2MSB);
	DAMAGED(im.eh.e_machine = EM_386);
	DAMAGED(im.eh.e_machine = EM_AARCH64);
	DAMAGED(im.eh.e_phentsize = sizeof(Elf64_Phdr) - 1);
	DAMAGED(im.eh.e_phentsize = 0);
	DAMAGED(im.eh.e_phnum = 0);
	DAMAGED(im.eh.e_phnum = 0xffff);
	DAMAGED(im.eh.e_phoff = IMAGE_BYTES);
	DAMAGED(im.eh.e_phoff = IMAGE_BYTES - 1);
	DAMAGED(im.eh.e_phoff = UINT64_MAX);
	DAMAGED(im.eh.e_phoff = UINT64_MAX - sizeof(Elf64_Phdr));
}

static void files_that_end_early_are_refused(void **state)
{
	struct image im;

	(void)state;
	image_init(&im);
	for (size_t len = 0; len < NOTE_OFFSET + sizeof(im.note); len += len < 512 ? 1 : 61)
		expect_refused(&im, len, "cut off");
}

static void segments_outside_file_or_memory_are_refused(void **state)
{
	struct image im;

	(void)state;
	DAMAGED(im.ph[0].p_offset = IMAGE_BYTES - LOAD_BYTES + 1);
	DAMAGED(im.ph[0].p_offset = IMAGE_BYTES + 1);
	DAMAGED(im.ph[0].p_offset = UINT64_MAX);
	DAMAGED(im.ph[0].p_offset = UINT64_MAX - LOAD_BYTES + 1);
	DAMAGED(im.ph[0].p_filesz = im.ph[0].p_memsz = UINT64_MAX);
	DAMAGED(im.ph[0].p_filesz = IMAGE_BYTES);
	DAMAGED(im.ph[0].p_filesz = im.ph[0].p_memsz + 1);
	DAMAGED(im.ph[0].p_memsz = LOAD_BYTES - 1);
	DAMAGED(im.ph[0].p_memsz = LOW_BYTES);
	DAMAGED(im.ph[0].p_memsz = UINT64_MAX);
	DAMAGED(im.ph[0].p_memsz = UINT64_MAX - 0x100000 + 1);
	DAMAGED(im.ph[0].p_paddr = LOW_BYTES);
	DAMAGED(im.ph[0].p_paddr = LOW_BYTES - LOAD_BYTES);
	DAMAGED(im.ph[0].p_paddr = UINT64_MAX);
	DAMAGED(im.ph[0].p_paddr = UINT64_MAX - LOAD_BYTES + 1);
	DAMAGED(im.ph[0].p_paddr = 1ull << 32);
}

static void bad_notes_are_refused(void **state)
{
	struct image im;

	(void)state;
	DAMAGED(im.ph[1].p_type = PT_NULL);
	DAMAGED(im.ph[1].p_offset = UINT64_MAX);
	DAMAGED(im.ph[1].p_offset = UINT64_MAX - im.ph[1].p_filesz + 1);
	DAMAGED(im.ph[1].p_filesz = UINT64_MAX);
	DAMAGED(im.ph[1].p_filesz = IMAGE_BYTES);
	DAMAGED(im.ph[1].p_filesz = 0);
	DAMAGED(im.ph[1].p_filesz = sizeof(Elf64_Nhdr) - 1);
	DAMAGED(im.ph[1].p_filesz = sizeof(Elf64_Nhdr));
	DAMAGED(im.ph[1].p_filesz = sizeof(im.note) - 1);
	DAMAGED(im.note.head.n_namesz = 0);
	DAMAGED(im.note.head.n_namesz = 7);
	DAMAGED(im.note.head.n_namesz = 9);
	DAMAGED(im.note.head.n_namesz = UINT32_MAX);
	DAMAGED(im.note.head.n_namesz = UINT32_MAX - 2);
	DAMAGED(im.note.head.n_descsz = 0);
	DAMAGED(im.note.head.n_descsz = sizeof(struct hv_payload_note) - 1);
	DAMAGED(im.note.head.n_descsz = sizeof(struct hv_payload_note) + 1);
	DAMAGED(im.note.head.n_descsz = UINT32_MAX);
	DAMAGED(im.note.head.n_descsz = UINT32_MAX - 2);
	DAMAGED(im.note.head.n_type = 2);
	DAMAGED(im.note.name[0] = 'H');
	DAMAGED(im.note.name[7] = 'x');
	DAMAGED(im.note.desc.abi_version = HV_ABI_VERSION + 1);
	DAMAGED(im.note.desc.abi_version = 0);
}

static void addresses_outside_memory_are_refused(void **state)
{
	struct image im;

	(void)state;
	DAMAGED(im.note.desc.mailbox = 0x102001);
	DAMAGED(im.note.desc.mailbox = LOW_BYTES);
	DAMAGED(im.note.desc.mailbox = LOW_BYTES - 4096);
	DAMAGED(im.note.desc.mailbox = LOW_BYTES + 4096);
	DAMAGED(im.note.desc.mailbox = UINT64_MAX - 4095);
	DAMAGED(im.note.desc.pml4 = 0x101800);
	DAMAGED(im.note.desc.pml4 = LOW_BYTES);
	DAMAGED(im.note.desc.pml4 = UINT64_MAX - 4095);
}

/* Other owners' notes come first, with names and descriptions of any length. */
static void note_is_found_behind_others(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 3, 4, 5, 63 };
	struct error err = { 0 };
	struct payload payload;
	struct image im;

	(void)state;
	for (size_t n = 0; n < 6; n++) {
		for (size_t d = 0; d < 6; d++) {
			Elf64_Nhdr other = { sizes[n], sizes[d], 7 };
			uint32_t skip =
				sizeof(other) + ((sizes[n] + 3) & ~3u) + ((sizes[d] + 3) & ~3u);
			uint8_t *notes = (uint8_t *)&im + NOTE_OFFSET;

			image_init(&im);
			memmove(notes + skip, notes, sizeof(im.note));
			memset(notes, 'o', skip);
			memcpy(notes, &other, sizeof(other));
			im.ph[1].p_filesz += skip;
			assert_int_equal(open_bytes(&payload, &im, sizeof(im), &err), 0);
			assert_int_equal(payload.note.mailbox, 0x102000);
			payload__close(&payload);
		}
	}
	/* In a segment of its own, after a damaged one. */
	image_init(&im);
	im.ph[2] = im.ph[1];
	im.ph[1].p_offset = UINT64_MAX;
	im.eh.e_phnum = 3;
	assert_int_equal(open_bytes(&payload, &im, sizeof(im), &err), 0);
	payload__close(&payload);
}

static void what_is_no_file_is_refused(void **state)
{
	static const char *const paths[] = {
		"/nonexistent/payload.elf", "/", "/dev/null", "/dev/zero", "/proc/self/mem",
	};
	int huge = memfd_create("huge", MFD_CLOEXEC);
	struct payload payload;
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct error err = { 0 };

		if (!payload__open(&payload, paths[i], &err))
			fail_msg("%s is taken for a payload", paths[i]);
		assert_non_null(strstr(err.text, paths[i]));
	}
	assert_int_equal(ftruncate(huge, 1ll << 40), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", huge);
	assert_int_not_equal(payload__open(&payload, path, &(struct error){ 0 }), 0);
	close(huge);
}

static void refusals_keep_no_mapping(void **state)
{
	struct image im;
	char line[512];
	int before = 0, after = 0;

	(void)state;
	image_init(&im);
	im.note.desc.abi_version = 9;
	for (int pass = 0; pass < 2; pass++) {
		FILE *maps = fopen("/proc/self/maps", "re");

		assert_non_null(maps);
		while (fgets(line, sizeof(line), maps))
			*(pass ? &after : &before) += strstr(line, "memfd:payload") != NULL;
		fclose(maps);
		for (int i = 0; i < 50; i++)
			expect_refused(&im, sizeof(im), "another version");
	}
	assert_int_equal(before, after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_file_is_loaded),
		cmocka_unit_test(edges_that_fit_are_taken),
		cmocka_unit_test(damaged_headers_are_refused),
		cmocka_unit_test(files_that_end_early_are_refused),
		cmocka_unit_test(segments_outside_file_or_memory_are_refused),
		cmocka_unit_test(bad_notes_are_refused),
		cmocka_unit_test(addresses_outside_memory_are_refused),
		cmocka_unit_test(note_is_found_behind_others),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(refusals_keep_no_mapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
