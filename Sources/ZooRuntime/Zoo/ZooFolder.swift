import Glibc

/// The folder that a zoo lives in: `plugins`, `weights`, `data`, and the manifests in it or beside it.
public struct ZooFolder: Hashable, Sendable {
  /// The folder, as messages should name it.
  public let path: String

  /// A folder that is known to be a zoo.
  public init(path: String) { self.path = path }

  /// Where the families are.
  public var plugins: String { path + "/plugins" }

  /// Where the models are: in the zoo when it is installed, beside it in a source tree.
  public var manifests: String {
    if isFolder(path + "/manifests") { return path + "/manifests" }
    let beside = parent(of: path)
    return beside == "." ? "manifests" : beside == "/" ? "/manifests" : beside + "/manifests"
  }

  /// What decides where a zoo is.
  public struct Surroundings: Sendable {
    /// The value of `ZOO_PATH`, if it is set.
    public var zooPath: String?
    /// The user's home, if it is known.
    public var home: String?
    /// The folder in which the process works.
    public var workingFolder: String
    /// The folder of the running program.
    public var programFolder: String?

    /// Surroundings that a test makes up.
    public init(zooPath: String? = nil, home: String? = nil, workingFolder: String, programFolder: String? = nil) {
      self.zooPath = zooPath
      self.home = home
      self.workingFolder = workingFolder
      self.programFolder = programFolder
    }

    /// Those of this process.
    public static var process: Surroundings {
      func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } }
      func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
      }
      return Surroundings(
        zooPath: variable("ZOO_PATH"), home: variable("HOME"), workingFolder: resolved(".") ?? ".",
        programFolder: resolved("/proc/self/exe").map(parent))
    }
  }

  /// Finds the zoo: what `option` says, else `ZOO_PATH`, else `zoo` in the working folder and its parents, else beside the
  /// program, else in the user's and the machine's shared data.
  ///
  /// A folder is a zoo if it has a folder `plugins`. One that is named explicitly must be one: nothing else is tried then.
  public static func find(option: String?, in surroundings: Surroundings = .process) throws(ZooError) -> ZooFolder {
    if let option { return try named(option, by: "--zoo") }
    if let path = surroundings.zooPath { return try named(path, by: "ZOO_PATH") }
    var tried: [String] = []
    for candidate in candidates(in: surroundings) {
      if isZoo(candidate.path) { return ZooFolder(path: candidate.shown) }
      tried.append(candidate.path)
    }
    throw .noZoo(tried: tried)
  }

  private static func named(_ path: String, by source: String) throws(ZooError) -> ZooFolder {
    let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard isFolder(path) else { throw .noFolder(path, namedBy: source) }
    guard isZoo(path) else { throw .notAZoo(path, namedBy: source, inside: isZoo(path + "/zoo") ? path + "/zoo" : nil) }
    return ZooFolder(path: path)
  }

  private static func candidates(in surroundings: Surroundings) -> [(path: String, shown: String)] {
    var found: [(path: String, shown: String)] = []
    var folder = surroundings.workingFolder
    while true {
      let path = folder == "/" ? "/zoo" : folder + "/zoo"
      found.append((path, folder == surroundings.workingFolder ? "zoo" : path))
      if folder == parent(of: folder) { break }
      folder = parent(of: folder)
    }
    var others: [String] = []
    if let program = surroundings.programFolder { others += [program, parent(of: program) + "/share/zoo"] }
    if let home = surroundings.home { others.append(home + "/.local/share/zoo") }
    others.append("/usr/local/share/zoo")
    for path in others where !found.contains(where: { $0.path == path }) { found.append((path, path)) }
    return found
  }

  private static func isZoo(_ path: String) -> Bool { isFolder(path + "/plugins") }
}

/// Whether there is a folder at `path`.
func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// The folder that `path` is in.
func parent(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return path == "." ? ".." : "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The last part of `path`.
func lastName(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return path }
  return String(path[path.index(after: slash)...])
}

/// The names in `folder`, sorted, without those that begin with a dot.
func names(in folder: String) -> [String] {
  guard let directory = opendir(folder) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
    }
    if !name.hasPrefix(".") { names.append(name) }
  }
  return names.sorted()
}
