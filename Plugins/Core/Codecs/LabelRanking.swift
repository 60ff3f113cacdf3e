import ZooFormats

/// The likeliest classes of each item, ready to be shown.
struct LabelRanking {
  /// One class of one item.
  struct Label {
    let name: String
    let index: Int
    let probability: Double?  // nil: the tensor had none
  }

  let items: [[Label]]

  /// `7  99.98 %` for each class, in columns; the item's number in front if there are several.
  var lines: String {
    let nameWidth = items.joined().map(\.name.count).max() ?? 0
    let itemWidth = "\(items.count - 1)".count
    var text = ""
    for (i, item) in items.enumerated() {
      for (k, label) in item.enumerated() {
        if items.count > 1 { text += space(itemWidth, beside: k == 0 ? "\(i)" : "") + (k == 0 ? "\(i)" : "") + "  " }
        text += label.name
        if let probability = label.probability {
          let percent = formatted("%.2f", probability * 100)
          text += space(nameWidth, beside: label.name) + "  " + space(6, beside: percent) + percent + " %"
        }
        text += "\n"
      }
    }
    return text
  }

  private func space(_ width: Int, beside text: String) -> String { String(repeating: " ", count: max(0, width - text.count)) }

  /// A list of labels; of several items a list of lists.
  var json: JSON {
    let lists = items.map { JSON(.array($0.map(json))) }
    return items.count == 1 ? lists[0] : JSON(.array(lists))
  }

  private func json(_ label: Label) -> JSON {
    var object = JSONObject()
    object["label"] = JSON(.string(label.name))
    object["index"] = JSON(.integer(label.index))
    if let probability = label.probability { object["probability"] = JSON(.number(shortest(probability))) }
    return JSON(.object(object))
  }

  /// The number of few digits that is the same f32: more digits than the tensor had would be made up.
  private func shortest(_ probability: Double) -> Double { Double(Float(probability).description) ?? probability }

  /// A table with a line for each class of each item.
  var table: String {
    var text = "item,label,index,probability\n"
    for (i, item) in items.enumerated() {
      for label in item {
        text += "\(i),\(quoted(label.name)),\(label.index),\(label.probability.map { shortest($0).description } ?? "")\n"
      }
    }
    return text
  }

  private func quoted(_ name: String) -> String {
    guard name.contains(where: { ",;\"\n".contains($0) }) else { return name }
    return "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
