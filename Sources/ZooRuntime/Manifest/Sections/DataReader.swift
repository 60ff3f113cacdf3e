import ZooFormats

/// Reads the section `data` of `train`.
struct DataReader {
  static let keys = [
    "file", "folder", "classes", "inputs", "train", "validation", "test", "group", "stratify", "about",
  ]
  static let feedKeys = [
    "file", "key", "values", "codec", "window", "stride", "shift", "rows", "scale", "offset", "normalize", "about",
  ]
  static let folderParts: [String: TrainingFeed.FolderPart] = ["file": .content, "class": .classIndex]

  /// The section `train`.
  let train: Fields
  let catalog: any KindCatalog
  /// The inputs of all graphs that are trained or measured, by name.
  let inputs: [String]
  /// Those that are carried from step to step.
  let carried: [String]

  /// What feeds the inputs; nil: nothing has to.
  func data() throws(ManifestError) -> TrainingData? {
    guard let json = train.raw("data") else {
      if let input = inputs.first(where: { !carried.contains($0) }) { throw train.error(.notFed(input), at: nil) }
      return nil
    }
    let data = try Fields(json, of: .section("data"), keys: Self.keys, train.evaluate)
    _ = try data.text("about")
    let (file, folder) = (try path("file", data), try path("folder", data))
    if file != nil, folder != nil { throw data.error(.twoSources, at: data.raw("folder")) }
    var feeds: [TrainingFeed] = []
    for member in try data.members("inputs") {
      let place = train.evaluate.document.place(of: member)
      guard inputs.contains(member.name) else { throw ManifestError(.unknownFeed(member.name, known: inputs), at: place) }
      guard !carried.contains(member.name) else { throw ManifestError(.fedAndCarried(member.name), at: place) }
      feeds.append(try feed(member, file, folder: folder != nil, data))
    }
    for input in inputs where !carried.contains(input) && !feeds.contains(where: { $0.input == input }) {
      throw data.error(.notFed(input), at: data.raw("inputs"))
    }
    for key in ["train", "validation", "test"] where data.raw(key) != nil && feeds.allSatisfy(\.isWhole) {
      throw data.error(.rowsOfWhole(.key(key, of: data.owner)), at: data.raw(key))
    }
    let stratified = try data.text("stratify")
    if let stratified, !feeds.contains(where: { $0.input == stratified && !$0.isWhole }) {
      throw data.error(.unknownFeed(stratified, known: feeds.map(\.input)), at: data.raw("stratify"))
    }
    let group = try data.text("group")
    if group != nil, stratified != nil { throw data.error(.groupAndStratify, at: data.raw("stratify")) }
    return TrainingData(
      file: file, folder: folder, classes: try classes(data), inputs: feeds, training: try rows("train", data) ?? .rest,
      validation: try rows("validation", data), test: try rows("test", data), group: group, stratified: stratified,
      place: train.evaluate.document.place(of: json))
  }

  private func feed(
    _ member: JSONObject.Member, _ shared: ManifestPath?, folder: Bool, _ data: Fields
  ) throws(ManifestError) -> TrainingFeed {
    let place = train.evaluate.document.place(of: member.value)
    let value = try train.evaluate(member.value)
    let owner = ManifestError.Owner.key(member.name, of: .section("data"))
    if let key = value.string {
      let origin: TrainingFeed.Origin
      if folder {
        origin = .folder(try part(key, owner, at: value))
      } else {
        let file = try data.require("file", shared, about: "the file with the arrays")
        origin = .file(file, key: key.isEmpty ? .none : .given(key))
      }
      return TrainingFeed(
        input: member.name, origin: origin, codec: nil, window: nil, scale: 1, offset: 0, normalize: nil, isWhole: false, place: place)
    }
    guard value.object != nil else { throw data.error(.wrongType(owner, wanted: .textOrObject, got: value.shown), at: value) }
    let feed = try Fields(value, of: owner, keys: Self.feedKeys, train.evaluate.done)
    _ = try feed.text("about")
    let origin: TrainingFeed.Origin
    let (own, key) = (try path("file", feed), try feed.text("key"))
    if let values = feed.raw("values") {
      let numbers = try NestedNumbers(values, of: .key("values", of: owner), train.evaluate)
      guard !numbers.shape.isEmpty else {
        throw feed.error(.wrongType(.key("values", of: owner), wanted: .nestedNumbers, got: values.shown), at: values)
      }
      origin = .values(numbers.values, shape: numbers.shape)
    } else if folder, own == nil {
      let key = try feed.require("key", key, about: "\"file\" for what is in the files, \"class\" for the folder that each is in")
      origin = .folder(try part(key, .key("key", of: owner), at: feed.raw("key") ?? value))
    } else {
      let file = try data.require("file", own ?? shared, about: "the file with the arrays")
      origin = .file(file, key: key.map { $0.isEmpty ? .none : .given($0) } ?? .implied(member.name))
    }
    let method = try feed.choice("normalize", of: NormalizationMethod.allCases.map(\.rawValue))
    let isWhole = try feed.boolean("rows") == false
    let window = try window(feed)
    if isWhole, window != nil { throw feed.error(.rowsOfWhole(.key("window", of: owner)), at: feed.raw("window")) }
    return TrainingFeed(
      input: member.name, origin: origin, codec: try PortReader(catalog: catalog, evaluate: train.evaluate.done).codec(feed, reads: true),
      window: window, scale: try feed.number("scale") ?? 1, offset: try feed.number("offset") ?? 0,
      normalize: method.flatMap(NormalizationMethod.init), isWhole: isWhole, place: place)
  }

  private func part(_ text: String, _ owner: ManifestError.Owner, at json: JSON) throws(ManifestError) -> TrainingFeed.FolderPart {
    guard let part = Self.folderParts[text] else {
      throw train.error(.notAChoice(owner, got: text, choices: Self.folderParts.keys.sorted()), at: json)
    }
    return part
  }

  private func window(_ feed: Fields) throws(ManifestError) -> TrainingFeed.Window? {
    let range = 1...Int(Int32.max)
    guard let length = try feed.integer("window", in: range) else {
      for key in ["stride", "shift"] where feed.raw(key) != nil {
        _ = try feed.require("window", feed.raw("window"), about: "how long a row is")
      }
      return nil
    }
    return TrainingFeed.Window(
      length: length, stride: try feed.integer("stride", in: range) ?? length, shift: try feed.integer("shift", in: 0...Int(Int32.max)) ?? 0
    )
  }

  private func classes(_ data: Fields) throws(ManifestError) -> TrainingData.Classes? {
    guard let json = try data["classes"] else { return nil }
    if let count = json.integer { return .count(count) }
    let names = json.array?.map(\.string) ?? [nil]
    guard !names.contains(nil) else {
      throw data.error(.wrongType(.key("classes", of: data.owner), wanted: .classes, got: json.shown), at: json)
    }
    return .names(names.compactMap(\.self))
  }

  private func path(_ key: String, _ fields: Fields) throws(ManifestError) -> ManifestPath? {
    try fields.text(key).map { ManifestPath($0, place: fields.evaluate.document.place(of: fields.raw(key) ?? fields.json)) }
  }

  /// `[from, to]`, or so large a share of the rows.
  private func rows(_ key: String, _ data: Fields) throws(ManifestError) -> RowSelection? {
    guard let json = try data[key] else { return nil }
    let owner = ManifestError.Owner.key(key, of: data.owner)
    if let share = json.number {
      guard share > 0, share < 1 else { throw data.error(.wrongType(owner, wanted: .rows, got: json.shown), at: json) }
      return .share(share)
    }
    guard let bounds = json.array?.map(\.integer), bounds.count == 2, let from = bounds[0], let to = bounds[1], from >= 0, from < to else {
      throw data.error(.wrongType(owner, wanted: .rows, got: json.shown), at: json)
    }
    return .range(from, to)
  }
}
