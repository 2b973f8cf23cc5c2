// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Own code and not libelf's: any file may be given as a payload, and these lines are few enough to
 * be read, and are fuzzed with every access checked, which those of a library as it is installed
 * are not.
 */
#include "bench/vmm/payload.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PAYLOAD_BYTES (64u << 20)
#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#endif

extern const uint8_t hv_payload_start[], hv_payload_end[];

static int map_file(struct payload *payload, const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;
	int ret;

	if (fd < 0)
		return error__set(err, -errno, "opening payload '%s': %s", path, strerror(errno));
	ret = fstat(fd, &st) < 0 ? -errno : 0;
	if (!ret && (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(Elf64_Ehdr) ||
		     st.st_size > MAX_PAYLOAD_BYTES))
		ret = -EBADMSG;
	if (ret) {
		close(fd);
		return error__set(err, ret, "payload '%s': not an ELF file of a sensible size",
				  path);
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return error__set(err, -errno, "mapping payload '%s': %s", path, strerror(errno));
	payload->image = map;
	payload->bytes = (size_t)st.st_size;
	payload->mapped = true;
	return 0;
}

/* Whether [offset, offset + bytes) lies in the file. */
static bool in_file(const struct payload *payload, uint64_t offset, uint64_t bytes)
{
	return offset <= payload->bytes && bytes <= payload->bytes - offset;
}

static bool find_note(struct payload *payload, const Elf64_Phdr *ph)
{
	uint64_t at = ph->p_offset, end = ph->p_offset + ph->p_filesz;

	while (end - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		uint64_t name, desc;

		memcpy(&note, payload->image + at, sizeof(note));
		name = at + sizeof(note);
		if (note.n_namesz > end - name)
			return false;
		desc = name + ((note.n_namesz + 3) & ~3ull);
		if (desc > end || note.n_descsz > end - desc)
			return false;
		if (note.n_type == HV_NOTE_PAYLOAD && note.n_namesz == sizeof(HV_NOTE_NAME) &&
		    !memcmp(payload->image + name, HV_NOTE_NAME, sizeof(HV_NOTE_NAME)) &&
		    note.n_descsz >= sizeof(payload->note)) {
			memcpy(&payload->note, payload->image + desc, sizeof(payload->note));
			return true;
		}
		at = desc + ((note.n_descsz + 3) & ~3ull);
		if (at > end)
			return false;
	}
	return false;
}

static int headers(const struct payload *payload, Elf64_Ehdr *eh)
{
	memcpy(eh, payload->image, sizeof(*eh));
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_machine != MACHINE ||
	    eh->e_phentsize != sizeof(Elf64_Phdr) ||
	    !in_file(payload, eh->e_phoff, (uint64_t)eh->e_phnum * sizeof(Elf64_Phdr)))
		return -EBADMSG;
	return 0;
}

static void program_header(const struct payload *payload, const Elf64_Ehdr *eh, unsigned int i,
			   Elf64_Phdr *ph)
{
	memcpy(ph, payload->image + eh->e_phoff + i * sizeof(*ph), sizeof(*ph));
}

int payload__open(struct payload *payload, const char *path, struct error *err)
{
	bool found = false;
	Elf64_Ehdr eh;
	int ret;

	*payload = (struct payload){
		.image = hv_payload_start,
		.bytes = (size_t)(hv_payload_end - hv_payload_start),
	};
	if (path) {
		ret = map_file(payload, path, err);
		if (ret)
			return ret;
	}
	ret = headers(payload, &eh);
	for (unsigned int i = 0; !ret && !found && i < eh.e_phnum; i++) {
		Elf64_Phdr ph;

		program_header(payload, &eh, i, &ph);
		if (ph.p_type == PT_NOTE && in_file(payload, ph.p_offset, ph.p_filesz))
			found = find_note(payload, &ph);
	}
	if (!ret && !found)
		ret = -EBADMSG;
	if (ret)
		error__set(err, ret,
			   "payload '%s': not a 64-bit ELF file for this CPU with an hvbench note",
			   path ? path : "(embedded)");
	else if (payload->note.abi_version != HV_ABI_VERSION)
		ret = error__set(err, -EBADMSG,
				 "payload '%s' speaks version %u of the mailbox, this program %u",
				 path ? path : "(embedded)", payload->note.abi_version,
				 HV_ABI_VERSION);
	if (ret)
		payload__close(payload);
	return ret;
}

int payload__check(const struct payload *payload, uint64_t low_bytes, struct error *err)
{
	const struct hv_payload_note *note = &payload->note;

	if (note->mailbox % 4096 == 0 && note->mailbox <= low_bytes &&
	    sizeof(struct hv_mailbox) <= low_bytes - note->mailbox && note->pml4 % 4096 == 0 &&
	    note->pml4 < low_bytes)
		return 0;
	return error__set(err, -EBADMSG, "payload: addresses outside the first %llu MiB",
			  (unsigned long long)(low_bytes >> 20));
}

int payload__load(const struct payload *payload, uint8_t *low, uint64_t low_bytes,
		  struct error *err)
{
	Elf64_Ehdr eh;
	int ret = headers(payload, &eh);

	for (unsigned int i = 0; !ret && i < eh.e_phnum; i++) {
		Elf64_Phdr ph;

		program_header(payload, &eh, i, &ph);
		if (ph.p_type != PT_LOAD)
			continue;
		if (!in_file(payload, ph.p_offset, ph.p_filesz) || ph.p_filesz > ph.p_memsz ||
		    ph.p_paddr > low_bytes || ph.p_memsz > low_bytes - ph.p_paddr)
			ret = -EBADMSG;
		else
			memcpy(low + ph.p_paddr, payload->image + ph.p_offset, ph.p_filesz);
	}
	if (ret)
		return error__set(err, ret, "payload: segments outside the first %llu MiB",
				  (unsigned long long)(low_bytes >> 20));
	return payload__check(payload, low_bytes, err);
}

void payload__close(struct payload *payload)
{
	if (payload->mapped)
		munmap((void *)payload->image, payload->bytes);
	*payload = (struct payload){ 0 };
}
