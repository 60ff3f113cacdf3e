import ZooFormats

/// What an item of a graph's list can be.
enum ItemForm: String, CaseIterable {
  case layer, `repeat`, use, call, loop, cond, graph

  /// The keys that such an item has; a layer's attributes come on top.
  var keys: [String] {
    switch self {
    case .layer: ["layer", "name", "if", "in", "share", "initialize", "frozen", "about"]
    case .repeat: ["repeat", "name", "in", "inputs", "outputs", "settings", "graph", "share", "frozen", "about"]
    case .use: ["use", "name", "if", "in", "with", "share", "frozen", "about"]
    case .loop:
      [
        "loop", "name", "times", "index", "count", "carry", "each", "next", "stack", "until", "cut", "share", "frozen", "about",
      ]
    case .cond: ["cond", "then", "else", "name", "outputs", "share", "frozen", "about"]
    case .call: ["call", "name", "in", "frozen", "about"]
    case .graph: ["graph", "name", "if", "numbered", "in", "inputs", "outputs", "settings", "share", "frozen", "about"]
    }
  }
}

/// An item of a graph's list: what it is, and its name.
struct Item {
  let form: ItemForm
  let fields: Fields
  /// Empty where a numbered block has not come to it yet, and for a repeat that only adds to the block's numbers.
  let name: String

  /// Reads the list of a graph and names every item, those without a name by what they are: `tanh`, `tanh_2`.
  ///
  /// In a numbered block these are named by their numbers, when it is their turn.
  static func list(_ items: [JSON], in block: Block, _ evaluate: Evaluator) throws(ManifestError) -> [Item] {
    var forms: [(form: ItemForm, fields: Fields, name: String?)] = []
    for json in items {
      let (form, fields) = try read(json, in: block, evaluate)
      let name = try fields.text("name")
      if let name {
        guard Names.isName(name) else { throw fields.error(.badName(name, of: .key("name", of: fields.owner)), at: fields.raw("name")) }
        if let first = block.names.places[name] {
          throw fields.error(.duplicateName(name, first: evaluate.document.place(of: first)), at: fields.raw("name"))
        }
        if block.inputNames.contains(name) { throw fields.error(.duplicateName(name, first: nil), at: fields.raw("name")) }
        block.names.places[name] = json
      }
      forms.append((form, fields, name))
    }

    // Names by hand come first, so that the others can keep out of their way.
    var counts: [String: Int] = [:]
    var result: [Item] = []
    for (form, fields, given) in forms {
      let name =
        if let given { given } else if block.names.isNumbered { "" } else { freeName(try baseName(form, fields), &counts, in: block) }
      result.append(try Item(form, fields, named: name, in: block))
    }
    return result
  }

  private init(_ form: ItemForm, _ fields: Fields, named name: String, in block: Block) throws(ManifestError) {
    (self.form, self.fields, self.name) = (form, fields, name)
    if name.isEmpty { return }
    block.names.places[name] = fields.json
    guard block.path(of: name).utf8.count <= Budget.pathLimit else {
      throw fields.error(.tooLarge(.path(limit: Budget.pathLimit)), at: nil)
    }
  }

  /// The same with the next number for a name, if it should have one.
  func numbered(in block: Block) throws(ManifestError) -> Item {
    guard name.isEmpty, form != .repeat else { return self }
    return try Item(form, fields, named: block.names.nextNumber(), in: block)
  }

  /// `base`, or `base` with the first number that makes it a name nobody has.
  private static func freeName(_ base: String, _ counts: inout [String: Int], in block: Block) -> String {
    while true {
      let count = counts[base, default: 0] + 1
      counts[base] = count
      let name = count == 1 ? base : "\(base)_\(count)"
      if block.names.places[name] == nil, !block.inputNames.contains(name) { return name }
    }
  }

  private static func read(_ json: JSON, in block: Block, _ evaluate: Evaluator) throws(ManifestError) -> (ItemForm, Fields) {
    let owner = ManifestError.Owner.item(block.path)
    guard let object = json.object else { throw evaluate.error(.wrongType(owner, wanted: .object, got: json.shown), at: json) }
    let named = ItemForm.allCases.filter { object[$0.rawValue] != nil }
    // A repeat has a graph too.
    guard let form = named == [.repeat, .graph] ? .repeat : named.first, named.count == 1 || form == .repeat && named.count == 2 else {
      throw evaluate.error(.unclearItem(keys: object.names), at: json)
    }
    let (subject, keys): (ManifestError.Owner, [String]?) =
      switch form {
      case .layer: (owner, nil)
      default: (.section(form.rawValue), form.keys)
      }
    return (form, try Fields(json, of: subject, keys: keys, evaluate))
  }

  /// What an item without a name is called.
  private static func baseName(_ form: ItemForm, _ fields: Fields) throws(ManifestError) -> String {
    switch form {
    case .layer:
      let kind = try fields.text("layer") ?? ""
      let last = kind.split(separator: ".").last.map(String.init) ?? kind
      return Names.isName(last) ? last : "layer"
    case .use:
      let define = try fields.text("use") ?? ""
      return Names.isName(define) ? define : "use"
    case .call:
      let graph = try fields.text("call") ?? ""
      return Names.isName(graph) ? graph : "call"
    case .repeat, .loop, .cond: return form.rawValue
    case .graph: return "group"
    }
  }
}
