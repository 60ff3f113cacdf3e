public import ZooFormats
public import ZooTypes

/// What weights say about how they were made, in the metadata of their file: whoever uses them later needs the same.
public struct WeightsNotes: Sendable {
  /// Settings whose values were not the manifest's.
  public var settings: JSONObject
  /// How inputs are normalised, by their names.
  public var normalization: [String: InputNormalization]

  private static let settingsKey = "zoo.settings"
  private static let normalizationKey = "zoo.normalize"

  /// Notes.
  public init(settings: JSONObject = JSONObject(), normalization: [String: InputNormalization] = [:]) {
    (self.settings, self.normalization) = (settings, normalization)
  }

  /// The notes in a file; those of a file that other tools wrote are empty.
  ///
  /// `name` is the file's, for messages.
  public init(_ file: SafeTensors, name: String) throws(WeightsNotesError) {
    self.init()
    for (key, text) in file.metadata where key == Self.settingsKey || key == Self.normalizationKey {
      guard let object = (try? JSONDocument(Array(text.utf8), file: name))?.root.object else { throw .unreadable(file: name, key: key) }
      if key == Self.settingsKey {
        settings = object
        continue
      }
      for member in object.members {
        guard let normalization = InputNormalization(member.value) else { throw .unreadable(file: name, key: key) }
        self.normalization[member.name] = normalization
      }
    }
  }

  /// The same as metadata of a file.
  public var metadata: [(name: String, value: String)] {
    var metadata: [(name: String, value: String)] = []
    if !settings.isEmpty { metadata.append((Self.settingsKey, JSON(.object(settings)).text())) }
    if !normalization.isEmpty {
      var object = JSONObject()
      for (input, normalization) in normalization.sorted(by: { $0.key < $1.key }) { object[input] = normalization.json }
      metadata.append((Self.normalizationKey, JSON(.object(object)).text()))
    }
    return metadata
  }
}

/// What weights say about how they were made, where it cannot be used.
public enum WeightsNotesError: ExplainedError, Hashable {
  /// The file's metadata are damaged.
  case unreadable(file: String, key: String)
  /// An input that is not what the weights were trained on.
  case normalization(input: String, channels: Int, got: Spec)

  /// What is wrong.
  public var message: String {
    switch self {
    case .unreadable(let file, let key): "\(file): its '\(key)' cannot be read"
    case .normalization(let input, let channels, let got):
      "input '\(input)' was normalised in training, with \(channels == 1 ? "1 channel" : "\(channels) channels"), but it is \(got)"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .unreadable: "the file is damaged, or another program changed it; train again, or take a copy of it"
    case .normalization: "give the input as many channels, the last axis, as it was trained with"
    }
  }
}
