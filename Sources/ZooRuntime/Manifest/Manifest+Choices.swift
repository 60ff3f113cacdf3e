public import ZooFormats

extension Manifest {
  /// The same manifest with other values in its section `train`.
  ///
  /// Paths begin with `train` and have dots between their parts; elements of lists are counted from 0: `train.steps.0.update`. What is not there
  /// is added; whether it may be there shows when the manifest is expanded.
  public func changing(_ changes: [(path: String, value: JSON)]) throws(ManifestError) -> Manifest {
    guard !changes.isEmpty else { return self }
    guard var train = document.root["train"], var root = document.root.object else {
      throw ManifestError(.nothingToChange(path: changes[0].path), at: Place(file: file))
    }
    for (path, value) in changes {
      let parts = path.split(separator: ".", omittingEmptySubsequences: false).dropFirst().map(String.init)
      train = try replaced(train, parts[...], of: "train", by: value)
    }
    root["train"] = train
    return replacing(root: JSON(.object(root), at: document.root.position))
  }

  private func replaced(_ json: JSON, _ parts: ArraySlice<String>, of path: String, by value: JSON) throws(ManifestError) -> JSON {
    guard let part = parts.first else { return value }
    var copy = json
    switch json.content {
    case .object(var object):
      guard Names.isName(part) else { throw unknown(part, of: path, known: object.names) }
      object[part] = try replaced(object[part] ?? (parts.count > 1 ? [:] : nil), parts.dropFirst(), of: path + "." + part, by: value)
      copy.content = .object(object)
    case .array(var elements):
      guard let index = Int(part), elements.indices.contains(index) else {
        throw unknown(part, of: path, known: elements.indices.prefix(12).map(String.init))
      }
      elements[index] = try replaced(elements[index], parts.dropFirst(), of: path + "." + part, by: value)
      copy.content = .array(elements)
    default: throw unknown(part, of: path, known: [])
    }
    return copy
  }

  private func unknown(_ part: String, of path: String, known: [String]) -> ManifestError {
    ManifestError(.unknownChange(part, of: path, known: known), at: Place(file: file))
  }

  /// The value that a path in the section `train` leads to; nil: there is none.
  public func value(at path: String) -> JSON? {
    var value = document.root
    for part in path.split(separator: ".", omittingEmptySubsequences: false) {
      if let elements = value.array {
        guard let index = Int(part), elements.indices.contains(index) else { return nil }
        value = elements[index]
      } else {
        guard let member = value[String(part)] else { return nil }
        value = member
      }
    }
    return value
  }

  /// The manifest in which these settings are the defaults, and nothing is left to choose.
  public func resolved(settings: JSONObject) -> JSON {
    guard var root = document.root.object else { return document.root }
    // Its path leads to the schema only from where the manifest lies.
    root["$schema"] = nil
    root["variants"] = nil
    root["name"] = JSON(.string(name))
    root["title"] = JSON(.string(title))
    if !about.isEmpty { root["about"] = JSON(.string(about)) }
    if !settings.isEmpty { root["settings"] = JSON(.object(settings)) }
    return JSON(.object(root))
  }
}
