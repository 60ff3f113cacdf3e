import ZooFormats

/// Reads the section `data` of `train`.
struct DataReader {
  static let keys = ["file", "inputs", "train", "validation", "about"]
  static let feedKeys = ["file", "key", "values", "rows", "scale", "offset", "about"]

  /// The section `train`.
  let train: Fields
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
    let file = try path("file", data)
    var feeds: [TrainingFeed] = []
    for member in try data.members("inputs") {
      let place = train.evaluate.document.place(of: member)
      guard inputs.contains(member.name) else { throw ManifestError(.unknownFeed(member.name, known: inputs), at: place) }
      guard !carried.contains(member.name) else { throw ManifestError(.fedAndCarried(member.name), at: place) }
      feeds.append(try feed(member, file, data))
    }
    for input in inputs where !carried.contains(input) && !feeds.contains(where: { $0.input == input }) {
      throw data.error(.notFed(input), at: data.raw("inputs"))
    }
    for key in ["train", "validation"] where data.raw(key) != nil && feeds.allSatisfy(\.isWhole) {
      throw data.error(.rowsOfWhole(.key(key, of: data.owner)), at: data.raw(key))
    }
    return TrainingData(
      inputs: feeds, training: try rows("train", data) ?? .rest, validation: try rows("validation", data),
      place: train.evaluate.document.place(of: json))
  }

  private func feed(_ member: JSONObject.Member, _ shared: ManifestPath?, _ data: Fields) throws(ManifestError) -> TrainingFeed {
    let place = train.evaluate.document.place(of: member.value)
    let value = try train.evaluate(member.value)
    let owner = ManifestError.Owner.key(member.name, of: .section("data"))
    guard value.string == nil else {
      let file = try data.require("file", shared, about: "the file with the arrays")
      return TrainingFeed(
        input: member.name, origin: .file(file, key: value.string ?? ""), scale: 1, offset: 0, isWhole: false, place: place)
    }
    guard value.object != nil else { throw data.error(.wrongType(owner, wanted: .textOrObject, got: value.shown), at: value) }
    let feed = try Fields(value, of: owner, keys: Self.feedKeys, train.evaluate.done)
    _ = try feed.text("about")
    let origin: TrainingFeed.Origin
    if let values = feed.raw("values") {
      let numbers = try NestedNumbers(values, of: .key("values", of: owner), train.evaluate)
      guard !numbers.shape.isEmpty else {
        throw feed.error(.wrongType(.key("values", of: owner), wanted: .nestedNumbers, got: values.shown), at: values)
      }
      origin = .values(numbers.values, shape: numbers.shape)
    } else {
      let file = try data.require("file", try path("file", feed) ?? shared, about: "the file with the arrays")
      origin = .file(file, key: try feed.text("key") ?? member.name)
    }
    return TrainingFeed(
      input: member.name, origin: origin, scale: try feed.number("scale") ?? 1, offset: try feed.number("offset") ?? 0,
      isWhole: try feed.boolean("rows") == false, place: place)
  }

  private func path(_ key: String, _ fields: Fields) throws(ManifestError) -> ManifestPath? {
    try fields.text(key).map { ManifestPath($0, place: fields.evaluate.document.place(of: fields.raw(key) ?? fields.json)) }
  }

  /// `[from, to]`, or the part of all rows that the last of them make up.
  private func rows(_ key: String, _ data: Fields) throws(ManifestError) -> RowSelection? {
    guard let json = try data[key] else { return nil }
    let owner = ManifestError.Owner.key(key, of: data.owner)
    if let share = json.number {
      guard share > 0, share < 1 else { throw data.error(.wrongType(owner, wanted: .rows, got: json.shown), at: json) }
      return .lastShare(share)
    }
    guard let bounds = json.array?.map(\.integer), bounds.count == 2, let from = bounds[0], let to = bounds[1], from >= 0, from < to else {
      throw data.error(.wrongType(owner, wanted: .rows, got: json.shown), at: json)
    }
    return .range(from, to)
  }
}
