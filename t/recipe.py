# SPDX-License-Identifier: BSD-2-Clause
# Reads a Yocto recipe as far as our recipe needs it: assignments, functions,
# ${NAME}, and two functions of bb.utils. It does not replace bitbake.
#
# usage: recipe.py RECIPE config            variables and words of SOURCES, one a line
#        recipe.py RECIPE value NAME
#        recipe.py RECIPE units             lines PACKAGE UNIT
#        recipe.py RECIPE files IMAGE       lines PATH PACKAGE; 1: one is in no FILES, or
#                                           in two
#        recipe.py RECIPE task NAME D CONFIG    the shell script of a task
import fnmatch
import os
import re
import sys

path, what = sys.argv[1:3]
words = sys.argv[3:]
name, version = os.path.basename(path)[:-3].split("_")
values = {
    "PN": name, "PV": version, "prefix": "/usr", "bindir": "/usr/bin",
    "datadir": "/usr/share", "mandir": "/usr/share/man", "sysconfdir": "/etc",
    "nonarch_libdir": "/usr/lib", "systemd_system_unitdir": "/usr/lib/systemd/system",
    "D": words[1] if what == "task" else "", "PACKAGES": f"{name}-doc {name}",
}
options, functions, everything = {}, {}, []

text = re.sub(r"\\\n", " ", open(path).read())
for match in re.finditer(r"^(\w+)\(\) \{\n(.*?)^\}", text, re.M | re.S):
    functions[match[1]] = match[2]
text = re.sub(r"^\w+\(\) \{\n.*?^\}", "", text, flags=re.M | re.S)
for line in text.splitlines():
    if not line or line.startswith(("#", "inherit ")):
        continue
    match = re.fullmatch(r'([\w:${}-]+)(?:\[(\w+)\])? (=\+|\?\?=|=) "(.*)"', line)
    if not match:
        sys.exit(f"{path}: unable to read: {line}")
    key, flag, how, value = match.groups()
    key = key.replace("${PN}", name)
    if flag:
        options[flag] = value.split(",")
    elif how == "=+":
        values[key] = value + " " + values[key]
    else:
        values[key] = value

# Every option is chosen, unless the arguments name some.
chosen = words[2].split() if what == "task" else list(options)
values["PACKAGECONFIG_CONFARGS"] = " ".join(
    o[0] if f in chosen else o[1] for f, o in options.items() if o[0])


def expand(value):
    value = re.sub(r"\$\{@bb\.utils\.filter\('PACKAGECONFIG', '([^']*)', d\)\}",
                   lambda m: " ".join(w for w in m[1].split() if w in chosen), value)
    value = re.sub(
        r"\$\{@bb\.utils\.contains\('PACKAGECONFIG', '(\w+)', '([^']*)', '([^']*)', d\)\}",
        lambda m: m[2] if m[1] in chosen else m[3], value)
    while "${" in value:
        value = re.sub(r"\$\{(\w+)\}", lambda m: values[m[1]], value)
    return value


def contains(pattern, file):
    return fnmatch.fnmatchcase(file, pattern) or file.startswith(pattern + "/") or any(
        fnmatch.fnmatchcase(d, pattern) for d in parents(file))


def parents(file):
    while file != "/":
        file = os.path.dirname(file)
        yield file


packages = expand(values["PACKAGES"]).split()
if what == "config":
    for feature, option in options.items():
        print(option[0].split("=")[0] or feature)
elif what == "value":
    print(expand(values[words[0]]))
elif what == "units":
    for package in expand(values["SYSTEMD_PACKAGES"]).split():
        for unit in expand(values["SYSTEMD_SERVICE:" + package]).split():
            print(package, unit)
elif what == "files":
    status = 0
    for folder, _, files in os.walk(words[0]):
        for file in files:
            file = os.path.join(folder, file)[len(words[0]):]
            owners = [p for p in packages if any(
                contains(pattern, file) for pattern in expand(values["FILES:" + p]).split())]
            if len(owners) != 1:
                print(f"{file} is in {owners}", file=sys.stderr)
                status = 1
            else:
                print(file, owners[0])
    sys.exit(status)
elif what == "task":
    print("oe_runmake() {\n\tmake -j2 %s \"$@\"\n}" % expand(values["EXTRA_OEMAKE"]))
    print(expand(functions[words[0]]))
