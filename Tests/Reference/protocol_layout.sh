#!/bin/sh
# Describes the protocol in a folder of headers: every public struct with its fields (name, offset, size, type), every constant,
# type, macro and function. The tests hold Sources/CZoo/include to Tests/Fixtures/protocol/layout.txt, which this writes:
#
#     make layout      (sh Tests/Reference/protocol_layout.sh Sources/CZoo/include > Tests/Fixtures/protocol/layout.txt)
#
# A struct `grows` if it begins with `uint32_t size` and lies in no other struct; otherwise it is frozen.
set -e
export LC_ALL=C
include=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat "$include"/zoo/*.h | awk '
function trim(s) { gsub(/[ \t]+/, " ", s); sub(/^ /, "", s); sub(/ $/, "", s); return s }

# "void *data, int64_t from" without the names.
function unnamed(parameters,    parts, n, i, p, result) {
  n = split(parameters, parts, ",")
  for (i = 1; i <= n; i++) {
    p = trim(parts[i])
    if (match(p, /[A-Za-z_][A-Za-z_0-9]*$/) && RSTART > 1 && trim(substr(p, 1, RSTART - 1)) !~ /^(const)?$/) p = trim(substr(p, 1, RSTART - 1))
    result = result (i > 1 ? ", " : "") p
  }
  return result
}

# "zoo_status (*plan)(zoo_layer *layer)" in its parts: `name`, and the type, which is returned.
function function_pointer(s,    before, after) {
  match(s, /\(\*[A-Za-z_0-9]+\)/)
  name = substr(s, RSTART + 2, RLENGTH - 3)
  before = trim(substr(s, 1, RSTART - 1))
  after = trim(substr(s, RSTART + RLENGTH))
  return before " (*)(" unnamed(substr(after, 2, length(after) - 2)) ")"
}

function add_field(struct, field, type) {
  fields[struct, ++field_count[struct]] = field
  types[struct, field_count[struct]] = type
}

function add_fields(struct, body,    statements, n, i, s, declarators, m, k, d, base, stars, suffix) {
  n = split(body, statements, ";")
  for (i = 1; i <= n; i++) {
    s = trim(statements[i])
    if (s == "") continue
    if (s ~ /\(\*/) {
      base = function_pointer(s)
      add_field(struct, name, base)
      continue
    }
    m = split(s, declarators, ",")
    base = ""
    for (k = 1; k <= m; k++) {
      d = trim(declarators[k])
      if (k == 1) {
        match(d, /\**[A-Za-z_0-9]+(\[[A-Za-z_0-9]*\])?$/)
        base = trim(substr(d, 1, RSTART - 1))
        d = substr(d, RSTART)
      }
      stars = d
      gsub(/[^*]/, "", stars)
      suffix = match(d, /\[.*/) ? substr(d, RSTART) : ""
      sub(/\[.*/, "", d)
      gsub(/[* ]/, "", d)
      if (stars == "") inside[base] = 1
      add_field(struct, d, base (stars == "" ? "" : " " stars) suffix)
    }
  }
}

function statement(s,    body, parts, n, i, p, type) {
  s = trim(s)
  if (s == "") return
  body = match(s, /\{.*\}/) ? substr(s, RSTART + 1, RLENGTH - 2) : ""
  if (s ~ /^(typedef )?enum[ A-Za-z_0-9]*\{/) {
    n = split(body, parts, ",")
    for (i = 1; i <= n; i++) {
      p = trim(parts[i])
      sub(/[ =].*/, "", p)
      if (p != "") constants[++constant_count] = p
    }
  } else if (match(s, /struct [A-Za-z_0-9]+ \{/)) {
    p = substr(s, RSTART + 7, RLENGTH - 9)
    structs[++struct_count] = p
    add_fields(p, body)
  } else if (s ~ /^typedef struct/) {
    return # opaque, or defined elsewhere
  } else if (s ~ /^typedef .*\(\*/) {
    sub(/^typedef /, "", s)
    type = function_pointer(s)
    others[++other_count] = "type " name " " type
  } else if (s ~ /^typedef /) {
    match(s, /[A-Za-z_0-9]+$/)
    others[++other_count] = "type " substr(s, RSTART) " " trim(substr(s, 9, RSTART - 9))
  } else if (match(s, /[A-Za-z_0-9]+\(/)) {
    p = substr(s, RSTART, RLENGTH - 1)
    type = trim(substr(s, 1, RSTART - 1))
    sub(/^ZOO_EXPORT /, "", type)
    s = substr(s, RSTART + RLENGTH)
    sub(/\)$/, "", s)
    others[++other_count] = "function " p " " type " (" unnamed(s) ")"
  }
}

/^#define ZOO_/ {
  line = $0
  sub(/^#define /, "", line)
  if (match(line, /^[A-Z_0-9]+\([^)]*\)/)) {
    macro = substr(line, 1, RLENGTH)
    sub(/\(/, " (", macro)
  } else {
    macro = line
    sub(/ .*/, "", macro)
    if (macro == "ZOO_ABI_MINOR") next # it may grow
    if (line ~ / [0-9]+u?$/) {
      constants[++constant_count] = macro
      next
    }
  }
  if (!seen[macro]++) others[++other_count] = "macro " macro
}
/^[ \t]*#/ { next }
{ sub(/\/\/.*/, ""); text = text " " $0 }

END {
  while (match(text, /\/\*[^*]*\*\//)) text = substr(text, 1, RSTART - 1) " " substr(text, RSTART + RLENGTH)
  depth = 0
  current = ""
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (c == "{") depth++
    if (c == "}") depth--
    if (c == ";" && depth == 0) { statement(current); current = "" } else current = current c
  }
  print "#include <stddef.h>\n#include <stdio.h>\n#include \"zoo.h\"\nint main(void) {"
  print "  printf(\"protocol %u.%u\\n\", ZOO_ABI_MAJOR, ZOO_ABI_MINOR);"
  for (i = 1; i <= struct_count; i++) {
    s = structs[i]
    grows = fields[s, 1] == "size" && types[s, 1] == "uint32_t" && !inside[s]
    printf "  printf(\"struct %s %%zu %s\\n\", sizeof(%s));\n", s, grows ? "grows" : "frozen", s
    for (k = 1; k <= field_count[s]; k++) {
      f = fields[s, k]
      printf "  printf(\"  %s %%zu %%zu %s\\n\", offsetof(%s, %s), sizeof(((%s *)0)->%s));\n", f, types[s, k], s, f, s, f
    }
  }
  for (i = 1; i <= constant_count; i++) printf "  printf(\"constant %s %%lld\\n\", (long long)%s);\n", constants[i], constants[i]
  for (i = 1; i <= other_count; i++) printf "  puts(\"%s\");\n", others[i]
  print "  return 0;\n}"
}
' > "$folder/layout.c"
cc -std=c11 -I "$include" "$folder/layout.c" -o "$folder/layout"
"$folder/layout"
