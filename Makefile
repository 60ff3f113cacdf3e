# `make demo` shows LeNet-5 reading a real digit; `make test` runs every test. Both install what is missing first.
SHELL := /bin/bash
PREFIX ?= /usr/local
BUILD ?= .build
SWIFT := swift
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)
PACKAGES := gcc g++ binutils libgomp1 libdnnl-dev libpng-dev libjpeg-dev zlib1g-dev libffi-dev
FLAGS := -c release --scratch-path $(BUILD) -Xswiftc -warnings-as-errors
SOURCES := Package.swift Sources Plugins Tests Examples/kit/Package.swift Examples/swift/Package.swift Examples/swift/Sources
FAMILIES := core cnn rnn transformer gnn vae flow gan ddpm foreign

.PHONY: demo build plugins test install kit layout format lint clean packages

demo: build
	@echo; echo '$$ zoo list'; $(BUILD)/release/zoo list
	@echo; echo '$$ zoo run lenet5 --input image=zoo/data/samples/7.png'; $(BUILD)/release/zoo run lenet5 --input image=zoo/data/samples/7.png

packages:
	@missing=$$(for p in $(PACKAGES); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing $$missing"; \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing > /dev/null; \
	fi

build: packages
	$(SWIFT) build $(FLAGS)
	@$(MAKE) --no-print-directory plugins

# Renamed into place, so that a family that is in use is never written over.
plugins:
	@mkdir -p zoo/plugins
	@for f in $(FAMILIES); do \
	  cp $(BUILD)/release/libzoo-$$f.so zoo/plugins/.$$f.so.new && mv zoo/plugins/.$$f.so.new zoo/plugins/$$f.so || exit 1; \
	done

test: build
	$(SWIFT) test $(FLAGS) --disable-testable-imports

install: build
	install -d $(PREFIX)/bin $(PREFIX)/lib/zoo $(PREFIX)/include/zoo $(PREFIX)/share/zoo/plugins
	install -m 755 $(BUILD)/release/zoo $(PREFIX)/bin/zoo
	install -m 644 Sources/CZoo/include/zoo.h $(PREFIX)/include/
	install -m 644 Sources/CZoo/include/zoo/*.h $(PREFIX)/include/zoo/
	install -m 755 $(FAMILIES:%=zoo/plugins/%.so) $(PREFIX)/share/zoo/plugins/
	cp -r zoo/weights zoo/labels zoo/data $(PREFIX)/share/zoo/
	cp -r manifests $(PREFIX)/share/zoo/
	@$(MAKE) --no-print-directory kit KIT=$(PREFIX)/share/zoo/kit

# What `zoo new family` makes families of, and what they are built with.
kit:
	$(if $(KIT),,$(error say where: make kit KIT=folder))
	install -d $(KIT)/Sources $(KIT)/Examples $(KIT)/docs
	cp -r Sources/CZoo Sources/ZooTypes Sources/ZooPlugin $(KIT)/Sources/
	tar -C Examples --exclude=build --exclude=Cargo.lock --exclude=Package.resolved -cf - c rust swift | tar -C $(KIT)/Examples -xf -
	install -m 644 Examples/kit/Package.swift $(KIT)/
	install -m 644 docs/protocol.md $(KIT)/docs/

# After a struct of the protocol has grown at its end: docs/protocol.md says how.
layout:
	sh Tests/Reference/protocol_layout.sh Sources/CZoo/include > Tests/Fixtures/protocol/layout.txt

format:
	swift format --in-place --recursive --configuration .swift-format $(SOURCES)

lint:
	swift format lint --strict --recursive --configuration .swift-format $(SOURCES)

clean:
	rm -rf $(BUILD) zoo/plugins/*.so
