/// The members of a JSON object, in order, each name once.
public struct JSONObject: Sendable {
  /// One name with its value.
  public struct Member: Hashable, Sendable {
    /// The name.
    public var name: String
    /// Where the name stands.
    public var namePosition: JSONPosition
    /// The value.
    public var value: JSON
  }

  /// The members, in order.
  public private(set) var members: [Member] = []

  // Where each name is among `members`. Small objects, which is nearly all, are faster without.
  private var index: [String: Int]?
  private static let indexedFrom = 12

  /// No members.
  public init() {}

  /// The member of that name; setting a new one appends it, setting nil removes it.
  public subscript(name: String) -> JSON? {
    get { find(name).map { members[$0].value } }
    set {
      switch (find(name), newValue) {
      case (let i?, let value?): members[i].value = value
      case (nil, let value?): add(Member(name: name, namePosition: .unknown, value: value))
      case (let i?, nil):
        members.remove(at: i)
        index = nil
        if members.count >= Self.indexedFrom { buildIndex() }
      case (nil, nil): break
      }
    }
  }

  /// The names, in order.
  public var names: [String] { members.map(\.name) }

  /// Whether there are no members.
  public var isEmpty: Bool { members.isEmpty }

  /// The number of members.
  public var count: Int { members.count }

  /// The members that `isIncluded` accepts, in order and in their places.
  public func filter(_ isIncluded: (Member) -> Bool) -> JSONObject {
    var result = JSONObject()
    for member in members where isIncluded(member) { result.add(member) }
    return result
  }

  /// Where the member of that name is among `members`.
  func find(_ name: String) -> Int? {
    if let index { return index[name] }
    return members.firstIndex { $0.name == name }
  }

  /// Appends a member whose name is known to be new.
  mutating func add(_ member: Member) {
    members.append(member)
    if index != nil {
      index?[member.name] = members.count - 1
    } else if members.count == Self.indexedFrom {
      buildIndex()
    }
  }

  private mutating func buildIndex() {
    index = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.name, $0) })
  }
}

extension JSONObject: Hashable {
  /// Whether both have the same names with the same values, in whatever order.
  public static func == (a: JSONObject, b: JSONObject) -> Bool {
    a.count == b.count && a.members.allSatisfy { b[$0.name] == $0.value }
  }

  /// Hashes what does not depend on the order.
  public func hash(into hasher: inout Hasher) { hasher.combine(Set(names)) }
}
