import ZooTypes

extension ManifestError {
  /// What to do next.
  public var help: String { problem.help.shortened }
}

extension ManifestError.Problem {
  fileprivate var help: String {
    switch self {
    case .syntax(let error): error.help
    case .tooLong: "a manifest holds no weights: those belong into a safetensors file"
    case .version(_, let supported): "a newer zoo may read it; manifests for this one begin with \"zoo\": \(supported)"
    case .tooLarge(.nodes): "look for a 'repeat' that counts too far"
    case .tooLarge(.values): "look for a long list inside a 'repeat'; numbers in bulk belong into a safetensors file"
    case .tooLarge(.depth): "a 'define' used by name, in a row instead of inside one another, keeps it flat"
    case .tooLarge(.path): "shorter names, or fewer blocks inside one another"
    case .tooLarge(.settings): "a list is one setting"
    case .tooLarge(.ports): "no model needs so many; is the file damaged?"
    case .tooLarge(.elements): "check the lengths in its shape"

    case .unknownKey(let key, let owner, let known): Self.nearest(key, known, else: "\(owner) has")
    case .missingKey(let key, let owner, _): "add \"\(key)\" to \(owner)"
    case .wrongType(_, let wanted, _): wanted.help
    case .outOfRange(_, _, let range): "choose a number that is \(range.words)"
    case .notAChoice(_, let got, let choices): Self.nearest(got, choices, else: "it can be")
    case .badName(_, .setting): "a setting has letters, digits and '_', at most 100, and begins with no digit"
    case .badName: "names have letters, digits, '_' and '-', at most 100, and no dots"
    case .raggedValues: "every row needs as many elements as the first"
    case .wrongCount(_, _, let wanted): "give \(wanted)"

    case .unknownSetting(let name, let owner, let known): Self.nearest(name, known, else: "\(owner) has")
    case .settingType(_, let fallback, let wanted, _): "give \(wanted.words), as in \(fallback)"
    case .settingNotGiven(let name, let owner):
      if case .define = owner { "give it under \"with\": {\"\(name)\": ...}" } else { "give it with --set \(name)=..." }
    case .settingCycle: "give one of them a value of its own"
    case .reservedName: "choose another name"
    case .expression(_, let problem): problem.help

    case .unknownLayer(_, let kind, let known): Self.nearestKind(kind, known)
    case .unknownOptimizer(let kind, let known): Self.nearestKind(kind, known)
    case .notAnUpdate(let kind, let known): Self.nearestKind(kind, known)
    case .updateAsLayer: "optimizers belong under \"train\", as \"optimizer\": {\"layer\": ...}"
    case .unknownCodec(let name, _, let known): Self.nearest(name, known, else: "the codecs are")
    case .codecCannot: "another codec can; without one, values are read and written as npy files"
    case .unclearItem: "a layer is {\"layer\": \"family.kind\", ...}, a block {\"repeat\": 3, \"graph\": [...]}"
    case .duplicateName: "names are unique within their block: choose another"
    case .unknownReference(let name, _, let known): Self.nearest(name, known, else: "here are")
    case .unknownPart(_, let name, let known): known.isEmpty ? "take '\(name)' itself" : Self.nearest("", known, else: "it has")
    case .unknownInput(let name, _, let known): Self.nearest(name, known, else: "it takes")
    case .missingInput(let name, _, _): "name it, as in \"in\": {\"\(name)\": \"...\"}"
    case .tooManyInputs: "'zoo info' of the kind shows its inputs"
    case .nothingBefore: "name what it takes with \"in\", or give the graph an input"
    case .cycle, .emptyCycle: "break the circle: one of them must take something else"
    case .unknownDefine(let name, let known): Self.nearest(name, known, else: "defined are")
    case .recursion: "a define cannot contain itself; to stack blocks there is 'repeat'"
    case .unknownGraph(let name, _, let known): Self.nearest(name, known, else: "the graphs are")
    case .callCycle: "a graph cannot contain itself"
    case .unknownPort(let name, let isInput, _, let known): Self.nearest(name, known, else: "the \(isInput ? "inputs" : "outputs") are")
    case .carryMisfit: "what is carried keeps its type and shape"
    case .runsWithoutCarry: "say what, as in \"carry\": {\"input\": \"output\"}"
    case .duplicateOutput: "a loop puts out its carried values, what it stacks, and its 'count' of iterations: choose another name"
    case .unknownShare(let path, _, let known): Self.nearest(path, known, else: "there are")
    case .shareKinds: "only nodes of one kind have the same parameters"
    case .shareShape: "a node shares with a node, a block with a block that has the same nodes"
    case .shareCycle: "one of them must have parameters of its own"
    case .shareInitialized: "say it where the parameters are"
    case .noOutput: "name what comes out, as in \"outputs\": {\"y\": \"last\"}"

    case .notFed(let name): "add it under \"data\": {\"inputs\": {\"\(name)\": \"array\"}}"
    case .unknownFeed(let name, let known): Self.nearest(name, known, else: "the inputs are")
    case .fedAndCarried: "give it one or the other"
    case .rowsOfWhole: "mark the rows with an input of their own, such as a mask"
    case .twoSources: "leave one out; an input can have a 'file' of its own"
    case .groupAndStratify: "leave one out: whole groups cannot be dealt out in exact shares"
    case .noIterations: "add \"iterations\" to 'train'"
    case .iterationsOfRows: "leave it out, or give the arrays whole, with \"rows\": false"
    case .shuffledStreams: "leave 'shuffle' out"
    case .accumulatedStreams: "leave 'accumulate' out, or minimise one weighted sum in one step"
    case .saidTwice(_, let second, _): "leave '\(second)' out"
    case .unknownSchedule(let kind, let known), .notASchedule(let kind, let known): Self.nearest(kind, known, else: "the schedules are")
    case .unknownNumber(let name, _, let known): Self.nearest(name, known, else: "there are")

    case .nothingToChange: "add a 'train' section; docs/manifest.md shows one"
    case .unknownChange(let part, let path, let known):
      known.isEmpty ? "set '\(path)' itself" : Self.nearest(part, known, else: "it has")
    case .unknownBlock(let pattern, let known): Self.nearest(pattern, known, else: "the paths are")

    case .absolutePath: "write it relative to the folder that the zoo is in, or to the manifest"
    case .pathLeaves: "paths lead into the zoo or the manifest's own folder; move the file there"
    case .badPath: "a path is text without control characters, such as \"zoo/data/digits.npz\""
    case .missingFile(_, let tried): "looked for \(tried.joined(separator: " and "))"
    }
  }

  /// What was probably meant, or what there is.
  fileprivate static func nearest(_ name: String, _ known: [String], else prefix: String) -> String {
    if let meant = known.nearest(to: name) { return "did you mean '\(meant)'?" }
    if known.isEmpty { return "\(prefix) none" }
    let shown = known.prefix(12).joined(separator: ", ")
    return "\(prefix) \(shown)\(known.count > 12 ? ", and \(known.count - 12) more" : "")"
  }

  private static func nearestKind(_ kind: String, _ known: [String]) -> String {
    let all = "'zoo list kinds' shows them all"
    return known.nearest(to: kind).map { "did you mean '\($0)'?  \(all)" } ?? all
  }
}

extension ManifestError.Wanted {
  fileprivate var help: String {
    switch self {
    case .boolean: "write true or false, without quotes"
    case .integer: "write a number without a fraction, such as 3"
    case .number: "write a number, such as 0.5"
    case .text: "write text in double quotes"
    case .list(let ofIntegers):
      ofIntegers ? "write a list such as [1, 2], or one whole number" : "write a list such as [0.5, 2], or one number"
    case .listOrChoice: "write a list such as [1, 2], or one of the words"
    case .anyList: "write a list in brackets: [...]"
    case .names: "write text in double quotes, or a list of such"
    case .object: "write an object in braces: {...}"
    case .textOrObject: "write a name in double quotes, or an object in braces"
    case .references: "such as \"x\", [\"x\", \"y\"] or {\"query\": \"x\"}"
    case .dimension: "write a whole number, or a name that is the same wherever the length is"
    case .rows: "such as [0, 4000], where the second is the first row left out, or 0.2 for a fifth of all"
    case .classes: "such as [\"cats\", \"dogs\"], 2, or a setting with one of these"
    case .initializer: "the methods are \(InitializerReader.names.joined(separator: ", "))"
    case .setting: "write a value, not an object"
    case .nestedNumbers: "such as [[1, 2], [3, 4]]"
    }
  }
}

extension ExpressionProblem {
  fileprivate var help: String {
    switch self {
    case .unclosed: "close it with '}'; to write '${' itself, write '$${'"
    case .expected, .unknownCharacter: "expressions look like ${d_model * 4} or ${index == 0 ? 1 : 2}"
    case .numberTooLarge, .overflow: "whole numbers reach to 9223372036854775807"
    case .unknownName(let name, let known):
      name == "index"
        ? "'index' counts the copies of a 'repeat', and exists only inside one"
        : ManifestError.Problem.nearest(name, known, else: "there are")
    case .unknownFunction(let name, let known): ManifestError.Problem.nearest(name, known, else: "there are")
    case .argumentCount(let function, _, let wanted): "give \(function) \(wanted)"
    case .types: "arithmetic is on numbers, comparison on two of one type, '?' on true and false"
    case .divisionByZero: "check the values of its settings"
    case .undefined: "roots are of numbers from 0, logarithms of numbers above 0"
    case .index: "elements are counted from 0"
    case .tooLong, .tooDeep: "give parts of it names, as settings"
    case .listInText: "take one of its elements, as in ${sizes[0]}"
    }
  }
}
