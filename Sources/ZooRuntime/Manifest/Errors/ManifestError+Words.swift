import ZooFormats

extension ManifestError {
  /// Where, and what is wrong there.
  public var message: String {
    if case .syntax(let error) = problem { return error.message }
    return "\(place): \(problem.words)".shortened
  }
}

extension String {
  /// This text, or its beginning if it is far longer than anyone reads: names come from anywhere and may have megabytes.
  var shortened: String { utf8.count > 2_000 ? prefix(1_000) + "..." : self }
}

extension ManifestError.Problem {
  fileprivate var words: String {
    switch self {
    case .syntax(let error): error.message
    case .tooLong(let bytes, let limit): "the file has \(bytes) bytes; a manifest may have \(limit)"
    case .version(let got, let supported): "the format's version is \(got), but this zoo reads version \(supported)"
    case .tooLarge(let what): what.words

    case .unknownKey(let key, let owner, _): "\(owner) has no \(owner.memberNoun) '\(key)'"
    case .missingKey(let key, let owner, let about): "\(owner) needs '\(key)'\(about.isEmpty ? "" : ": \(about)")"
    case .wrongType(let owner, let wanted, let got): "\(owner) must be \(wanted.words), but it is \(got)"
    case .outOfRange(let owner, let got, let range): "\(owner) must be \(range.words), but it is \(got)"
    case .notAChoice(let owner, let got, _): "\(owner) cannot be '\(got)'"
    case .badName(let name, let owner): "'\(name.prefix(40))' cannot be a name in \(owner)"
    case .raggedValues(let owner): "\(owner) is a list whose rows differ in length"
    case .wrongCount(let owner, let got, let wanted): "\(owner) takes \(wanted), but there \(got == 1 ? "is 1" : "are \(got)")"

    case .unknownSetting(let name, let owner, _): "\(owner) has no setting '\(name)'"
    case .settingType(let name, let fallback, let wanted, let got):
      "setting '\(name)' must be \(wanted.words) like its default \(fallback), but it is \(got)"
    case .settingNotGiven(let name, let owner): "setting '\(name)' of \(owner) has no default and is not given"
    case .settingCycle(let names): "settings are made of one another: \(names.joined(separator: " -> "))"
    case .reservedName(let name): "a setting cannot be called '\(name)', which means something else in expressions"
    case .expression(let source, let problem): "'\(source)': \(problem.words)"

    case .unknownLayer(let path, let kind, _): "node '\(path)' wants layer '\(kind)', which no loaded family has"
    case .unknownOptimizer(let kind, _): "the optimizer is '\(kind)', which no loaded family has"
    case .notAnUpdate(let kind, _): "the optimizer is '\(kind)', which is a layer and no optimizer"
    case .updateAsLayer(let path, let kind): "node '\(path)' wants layer '\(kind)', which is an optimizer and no layer"
    case .unknownCodec(let name, let owner, _): "\(owner) wants codec '\(name)', which no loaded family has"
    case .codecCannot(let name, let reads, let owner): "\(owner) wants codec '\(name)', which cannot \(reads ? "read" : "write")"
    case .unclearItem(let keys):
      "an item of a graph needs one of 'layer', 'use', 'repeat', 'call', 'loop', 'cond' and 'graph', but this has \(Self.list(keys, "no key"))"
    case .duplicateName(let name, let first):
      "the name '\(name)' is taken" + (first.map { ", at \($0.line):\($0.column)" } ?? " by an input")
    case .unknownReference(let name, let owner, _): "\(owner) takes '\(name)', but nothing there has that name"
    case .unknownPart(let part, let name, _): "'\(name)' has no '\(part)'"
    case .unknownInput(let name, let owner, _): "\(owner) has no input '\(name)'"
    case .missingInput(let name, let owner, let about):
      "\(owner) needs its input '\(name)'\(about.isEmpty ? "" : ": \(about)")"
    case .tooManyInputs(let owner, let got, let takes): "\(owner) is given \(got) inputs, but takes \(takes)"
    case .nothingBefore(let owner): "\(owner) takes the previous node's output, but there is nothing before it"
    case .cycle(let paths): "nodes take from one another: \(Self.chain(paths))"
    case .emptyCycle(let name): "'\(name)' leads back to itself, with no node on the way"
    case .unknownDefine(let name, _): "nothing is defined as '\(name)'"
    case .recursion(let names): "defines use one another: \(Self.chain(names))"
    case .unknownGraph(let name, let owner, _): "\(owner) wants graph '\(name)', which the manifest does not have"
    case .callCycle(let names): "graphs call one another: \(Self.chain(names))"
    case .unknownPort(let name, let isInput, let owner, _): "\(owner) names \(isInput ? "input" : "output") '\(name)', which is not there"
    case .carryMisfit(let input, let wants, let output, let got):
      "output '\(output)', which is \(got), is carried to input '\(input)', which is \(wants)"
    case .runsWithoutCarry(let owner): "\(owner) has several 'runs', but carries nothing from one to the next"
    case .duplicateOutput(let name, let owner): "\(owner) has two outputs called '\(name)'"
    case .unknownShare(let path, let owner, _): "\(owner) shares the parameters of '\(path)', but nothing has that path"
    case .shareKinds(let owner, let other): "\(owner) shares the parameters of \(other), which is of another kind"
    case .shareShape(let owner, let path): "\(owner) shares the parameters of '\(path)', which has no node like it"
    case .shareCycle(let paths): "nodes share with one another: \(Self.chain(paths))"
    case .shareInitialized(let owner): "\(owner) shares its parameters, so it cannot say how they start"
    case .noOutput: "nothing comes out of the graph"

    case .notFed(let name): "no data feeds input '\(name)'"
    case .unknownFeed(let name, _): "data is given for '\(name)', which is no input"
    case .fedAndCarried(let name): "data is given for input '\(name)', which is carried"
    case .rowsOfWhole(let owner): "\(owner) chooses rows, but every array is given whole"
    case .twoSources: "'data' has both a 'file' and a 'folder'"
    case .groupAndStratify: "'data' has both a 'group' and 'stratify'"
    case .noIterations: "nothing says how many steps an epoch has"
    case .iterationsOfRows: "'iterations' is given, but the rows of the data say how many steps an epoch has"
    case .shuffledStreams: "rows are to be shuffled, but values are carried from each to the next"
    case .accumulatedStreams:
      "batches are carried on from one to the next, so that only one step, done once, can accumulate their gradients"
    case .saidTwice(let first, let second, let owner): "\(owner) has both '\(first)' and '\(second)'"
    case .unknownSchedule(let kind, _): "the schedule is '\(kind)', which no loaded family has"
    case .notASchedule(let kind, _): "the schedule is '\(kind)', which says nothing about rates"
    case .unknownNumber(let name, let owner, _): "\(owner) is '\(name)', which is no loss and no metric"

    case .nothingToChange(let path): "'\(path)' is to be set, but the manifest does not say how to train"
    case .unknownChange(let part, let path, let known):
      known.isEmpty ? "'\(path)' is no object or list, so it has no '\(part)'" : "'\(path)' has no '\(part)'"
    case .unknownBlock(let pattern, _): "'recompute' names '\(pattern)', which no layer or block is called"

    case .absolutePath(let path): "'\(path)' is an absolute path"
    case .pathLeaves(let path): "'\(path)' is a path that leaves the folder"
    case .badPath(let path): "'\(path.prefix(40))' cannot be a path"
    case .missingFile(let path, _): "there is no file '\(path)'"
    }
  }

  private static func list(_ keys: [String], _ none: String) -> String {
    keys.isEmpty ? none : keys.prefix(5).map { "'\($0.prefix(40))'" }.joined(separator: ", ")
  }

  /// The parts of a chain, the middle of a long one left out.
  private static func chain(_ parts: [String]) -> String {
    let shown = parts.count > 12 ? parts.prefix(6) + ["..."] + parts.suffix(5) : parts[...]
    return shown.joined(separator: " -> ")
  }
}

extension ManifestError.TooLarge {
  fileprivate var words: String {
    switch self {
    case .nodes(let limit): "the graph expands to more than \(limit) nodes and blocks"
    case .values(let limit): "the manifest expands to more than \(limit) values"
    case .depth(let limit): "blocks are nested more than \(limit) deep"
    case .path(let limit): "the path of a node has more than \(limit) characters"
    case .settings(let limit): "there are more than \(limit) settings"
    case .ports(let limit): "there are more than \(limit) names in one place"
    case .elements(let input, let limit): "input '\(input)' has more than \(limit) elements"
    }
  }
}

extension ManifestError.Owner: CustomStringConvertible {
  /// As messages name it: `node 'c1' (family.kind)`.
  public var description: String {
    switch self {
    case .manifest: "the manifest"
    case .section(let name): "'\(name)'"
    case .variant(let name): "variant '\(name)'"
    case .node(let path, let kind): "node '\(path)' (\(kind))"
    case .block(let path): "block '\(path)'"
    case .item(let path): path.isEmpty ? "an item of the graph" : "an item of block '\(path)'"
    case .define(let name): "define '\(name)'"
    case .graph(let name): "graph '\(name)'"
    case .input(let name): "input '\(name)'"
    case .output(let name): "output '\(name)'"
    case .codec(let name, let owner): "codec '\(name)' of \(owner)"
    case .optimizer(let kind): "optimizer '\(kind)'"
    case .schedule(let kind): "schedule '\(kind)'"
    case .step(let index): "step \(index + 1)"
    case .key(let name, let owner): "'\(name)' of \(owner)"
    case .attribute(let name, let owner): "attribute '\(name)' of \(owner)"
    case .setting(let name): "setting '\(name)'"
    }
  }

  /// What its members are called.
  fileprivate var memberNoun: String {
    switch self {
    case .node, .codec, .optimizer, .schedule: "attribute"
    default: "key"
    }
  }

  /// The name of what it is, without what it belongs to.
  var name: String {
    switch self {
    case .manifest: "manifest"
    case .section(let name), .variant(let name), .define(let name), .graph(let name), .input(let name), .output(let name),
      .codec(let name, _), .optimizer(let name), .schedule(let name), .key(let name, _), .attribute(let name, _), .setting(let name):
      name
    case .node(let path, _), .block(let path), .item(let path): path
    case .step(let index): "\(index + 1)"
    }
  }
}

extension ManifestError.Wanted {
  var words: String {
    switch self {
    case .boolean: "true or false"
    case .integer: "a whole number"
    case .number: "a number"
    case .text: "text"
    case .list(let ofIntegers): ofIntegers ? "a list of whole numbers" : "a list of numbers"
    case .listOrChoice(let choices): "a list of numbers or one of \(choices.map { "'\($0)'" }.joined(separator: ", "))"
    case .anyList: "a list"
    case .names: "text or a list of text"
    case .object: "an object"
    case .textOrObject: "text or an object"
    case .references: "the name of a value, a list of names or an object of names"
    case .dimension: "a length, or a name such as \"N\""
    case .rows: "two row numbers or a share below 1"
    case .classes: "the names of the classes in a list, or how many there are"
    case .initializer: "a method such as \"zeros\" or {\"normal\": [0, 0.02]}"
    case .setting: "a number, text, true, false or a list of them"
    case .nestedNumbers: "numbers in lists"
    }
  }
}

extension ClosedRange<Double> {
  /// `from 0 to 1`, `at least 1`, `at most 8`.
  var words: String {
    func shown(_ bound: Double) -> String { Int(exactly: bound).map(String.init) ?? "\(bound)" }
    return switch (lowerBound > -.greatestFiniteMagnitude, upperBound < .greatestFiniteMagnitude && upperBound < 0x1p62) {
    case (true, true): "from \(shown(lowerBound)) to \(shown(upperBound))"
    case (true, false): "at least \(shown(lowerBound))"
    case (false, true): "at most \(shown(upperBound))"
    case (false, false): "a number"
    }
  }
}

extension ExpressionProblem {
  fileprivate var words: String {
    switch self {
    case .unclosed: "'${' is never closed"
    case .expected(let what, let found): "expected \(what), found \(found)"
    case .unknownCharacter(let character): "'\(character)' is no part of an expression"
    case .numberTooLarge(let text): "the number \(text.prefix(30)) is too large for 64 bits"
    case .unknownName(let name, _): "there is no '\(name)' here"
    case .unknownFunction(let name, _): "there is no function '\(name)'"
    case .argumentCount(let function, let got, let wanted): "\(function) takes \(wanted), but is given \(got)"
    case .types(let operation, let nouns): "'\(operation)' does not work on \(nouns.joined(separator: " and "))"
    case .overflow(let operation): "the result of '\(operation)' is too large for 64 bits"
    case .divisionByZero(let operation): "'\(operation)' divides by zero"
    case .undefined(let function, let argument): "\(function)(\(argument)) has no value"
    case .index(let index, let count): "there is no element \(index) in a list of \(count)"
    case .tooLong(let limit): "it has more than \(limit) characters"
    case .tooDeep(let limit): "it is nested more than \(limit) deep"
    case .listInText: "a list cannot stand inside a text"
    }
  }
}
