#!/usr/bin/env bash
# A newcomer's first hour in a terminal of 80 columns: every command with what goes right and what goes wrong.
#
#   bench/first_hour.sh WEIGHTS PHOTOS [PHOTOS ...]        FOLIAR names the program; target/release/foliar without it
#
# WEIGHTS is a file of pretrained weights, PHOTOS a folder with one folder per class. Fails where a line is wider than the
# terminal, where an exit code surprises, where a healthy run is warned of, and where a word is said that is known to be false.
# Commands to copy stay one line, and so does a single word that is wider. Needs bash, script (util-linux) and python3.
set -u
program=$(readlink -f "${FOLIAR:-target/release/foliar}")
weights=$(readlink -f "$1"); shift
here=$(mktemp -d); trap 'rm -rf "$here"' EXIT
folders=(); for folder in "$@"; do folders+=("$(readlink -f "$folder")"); done
cd "$here" || exit 1
mkdir bin; ln -s "$program" bin/foliar; export PATH="$here/bin:$PATH" FOLIAR_CACHE="$here/cache" FOLIAR_OFFLINE=1 TERM=xterm
failed=0 steps=0

complain() { echo "FAILED: $1" >&2; sed 's/^/    /' "$2" | tail -${3:-15} >&2; failed=$((failed + 1)); }

# step CODE COMMAND: runs COMMAND in a terminal; what it shows is in ./shown.
step() {
  local expected=$1 command=$2
  steps=$((steps + 1))
  script -qec "stty cols 80 rows 50; $command" /dev/null > raw 2>&1 < /dev/null
  local code=$?
  # What a bar draws over itself are lines of their own.
  sed 's/\x1b\[[0-9;?]*[A-Za-z]//g; s/\r$//' raw | tr '\r' '\n' > shown
  tr -s '\n ' ' ' < shown > flat
  [ "$code" = "$expected" ] || complain "$command: exit code $code, not $expected" shown
  python3 - > wide <<'PY'
for line in open("shown", encoding="utf-8", errors="replace"):
    line = line.rstrip()
    if len(line) > 80 and not line.lstrip().startswith("foliar ") and any(c == " " for c in line.strip()):
        if max(len(word) for word in line.split()) + 8 < 80:
            print(line)
PY
  [ -s wide ] && complain "$command: lines wider than 80 columns" wide 3
  says_not "panicked|RUST_BACKTRACE|os error"
}
says() { grep -Eqi -- "$1" shown || grep -Eqi -- "$1" flat || complain "step $steps does not say /$1/" shown; }
says_not() { if grep -Eqi -- "$1" shown; then grep -Ei -- "$1" shown > said; complain "step $steps says /$1/" said 5; fi; }
healthy() { says_not "^(doctor:|warning|error)"; }

step 0 "foliar -h"
step 0 "foliar train -h";     says "--help"
step 0 "foliar train --help"; says "--nesterov"
step 2 "foliar"
for photos in "${folders[@]}"; do
  name=$(basename "$photos"); ln -sfn "$photos" photos; rm -rf runs "my runs"
  photo=$(find photos/ -iname '*.jpg' | sort | head -1); class=$(ls photos | head -1)
  echo "== $name"

  step 0 "foliar train photos --weights '$weights' --out runs/quick"
  healthy; says "of 100 photos right|too few"; says "judged by"; says "took "; says "foliar report runs/quick"
  cp shown console
  step 0 "foliar train photos --weights '$weights' --out 'my runs/first'"; says "foliar report 'my runs/first'"
  step 0 "foliar train photos --weights '$weights' --lr 0.3 --out runs/hot"
  says "learning rate \(0.3\) is too high"; says_not "times the mean|initialise|pretrained weights or|Keep the weights"
  step 0 "foliar train photos --weights '$weights' --lr 1e-5 --out runs/cold"; says_not "learned nothing"; says "too low"
  step 0 "foliar train photos --weights '$weights' --dry-run"; healthy
  step 1 "foliar train photos --weights '$weights' --out runs/quick"; says "foliar resume runs/quick"
  step 0 "foliar resume runs/quick"; healthy

  step 0 "foliar doctor runs/quick"; says "healthy"; healthy
  step 0 "foliar doctor console";    says "healthy"; healthy
  step 0 "foliar doctor runs/hot";   says "rate"; says_not "times the mean|torch|or else:"
  step 0 "foliar doctor runs";       says "^quick "; says "^hot "; says_not "val-size"

  step 0 "foliar evaluate runs/quick"; says_not "0.00 to 1.00|0.0 to 100.0"; healthy; says "Very good: at least"
  step 0 "foliar compare runs/quick runs/hot"; says "significant"
  step 0 "foliar predict runs/quick '$photo'"
  step 0 "foliar predict runs/quick 'photos/$class' --html answers.html"; says "photos: "; [ -s answers.html ] || complain "no answers.html" shown
  step 0 "foliar explain runs/quick '$photo' --out why"; says "why/explain.html"
  step 0 "foliar report runs/quick --no-audit"; says "runs/quick/report.html"
  step 0 "foliar audit photos --weights '$weights'"; says_not "^ERROR"

  # What goes wrong.
  step 1 "foliar report nothing";           says "does not exist"; says "runs/quick|runs here"
  step 1 "foliar evaluate photos/$class";   says "no run folder"
  step 1 "foliar predict photos '$photo'";  says "no run folder"
  step 1 "foliar predict '$photo' '$photo'"
  step 1 "foliar resume photos";            says "foliar train photos"
  step 3 "foliar predict runs/quick nothing.jpg"; says "does not exist"
  step 2 "foliar train photos --batch 16";  says "--batch-size"
  step 2 "foliar train photos --epoch 3";   says "--epochs"
  step 1 "foliar train nothing";            says "does not exist"
  ln -sfn "$photos" "my photos"
  step 2 "foliar train my photos";          says "quotes"
  step 1 "foliar doctor nothing";           says "does not exist"
  cp -rL photos gone; step 0 "foliar train gone --weights '$weights' --out runs/gone"
  step 0 "foliar report runs/gone --no-audit"; cksum runs/gone/report.html > before; rm -rf gone
  step 1 "foliar report runs/gone";         says "no longer exists"
  cksum runs/gone/report.html | cmp -s - before || complain "the old page was overwritten" before
done
echo "$steps commands, $failed complaints"
[ "$failed" = 0 ]
