#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is in a Perfetto trace, decoded by protoc (perfetto.proto) on standard input, as JSON.

By name of a slice its number and nanoseconds, and how many moments have the name; the tracks with
their parents. Status 1, with the place, where slices of a track do not nest, a parent or a name is
not known, or a field is."""
import json
import re
import sys


def parse(lines):
    """A message of protoc's text form, as a dictionary of lists."""
    message = {}
    for line in lines:
        line = line.strip()
        if line == "}":
            return message
        if line.endswith("{"):
            message.setdefault(line[:-1].strip(), []).append(parse(lines))
        elif line:
            key, value = line.split(": ", 1)
            message.setdefault(key, []).append(value)
    return message


def unquote(text):
    """A string of protoc's, with its octal escapes."""
    raw = re.sub(rb"\\([0-7]{3}|.)", lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3 else m[1],
                 text[1:-1].encode())
    return raw.decode()


def main():
    names, tracks, stacks, slices, moments, accesses = {}, {}, {}, {}, {}, {}
    packets = parse(iter(sys.stdin)).get("packet", [])
    events = []
    for packet in packets:
        for key in packet:
            assert not key.isdigit(), f"field {key} is not one of Perfetto's"
        assert packet["trusted_packet_sequence_id"] == ["1"]
        for data in packet.get("interned_data", []):
            for name in data.get("event_names", []):
                names[name["iid"][0]] = unquote(name["name"][0])
        for track in packet.get("track_descriptor", []):
            tracks[track["uuid"][0]] = track
        if "track_event" in packet:
            assert packet["timestamp_clock_id"] == ["3"]
            events.append((int(packet["timestamp"][0]), packet["track_event"][0]))
    # As trace_processor does: by time, and at the same time in the order of the file.
    for when, event in sorted(events, key=lambda e: e[0]):
        track = event["track_uuid"][0]
        assert track in tracks, f"track {track} is not described"
        stack = stacks.setdefault(track, [])
        kind = event["type"][0]
        if kind == "TYPE_SLICE_BEGIN":
            stack.append((names[event["name_iid"][0]], when))
        elif kind == "TYPE_SLICE_END":
            assert stack, f"at {when} a slice ends that did not begin"
            name, begin = stack.pop()
            figures = slices.setdefault("/".join([s[0] for s in stack] + [name]),
                                        {"count": 0, "ns": 0})
            figures["count"] += 1
            figures["ns"] += when - begin
        else:
            name = names[event["name_iid"][0]]
            moments[name] = moments.get(name, 0) + 1
        for annotation in event.get("debug_annotations", []):
            text = unquote(annotation["string_value"][0])
            accesses[text] = accesses.get(text, 0) + 1
    for track in tracks.values():
        parent = track.get("parent_uuid", [None])[0]
        assert parent is None or parent in tracks, f"track {parent} is not described"
    json.dump({
        "slices": slices, "moments": moments, "accesses": accesses,
        "open": [s[0] for stack in stacks.values() for s in stack],
        "clocks": len(packets[0].get("clock_snapshot", [{}])[0].get("clocks", [])),
        "tracks": [{"name": unquote(t["name"][0]), "parent": unquote(
            tracks[t["parent_uuid"][0]]["name"][0]) if "parent_uuid" in t else None}
            for t in tracks.values()]}, sys.stdout)


try:
    main()
except AssertionError as wrong:
    sys.exit(f"perfetto-sums: {wrong}")
