/// Tables of `system` that tell what the language and this build know, without looking at data.
import TickColumns
import TickFormats
import TickSQL

extension SystemTable {
  static func functions() -> ComputedTable {
    make("functions") {
      FunctionTable.facts.map { fact in
        [
          "name": .text(fact.name), "is_aggregate": .uint(fact.isAggregate ? 1 : 0),
          "case_insensitive": .uint(fact.ignoresCase ? 1 : 0), "alias_to": .text(fact.original),
          "description": .text(fact.summary),
          "syntax": .text("\(fact.name)(\(fact.arguments))"),
          "arguments": .text(fact.arguments), "returned_value": .text(fact.result),
          "categories": .text(fact.group),
        ]
      }
    }
  }

  static func formats() -> ComputedTable {
    make("formats") {
      let outputs = Set(OutputFormat.allCases.map(\.canonicalName))
      let inputs = Set(InputFormat.allCases.map(\.canonicalName))
      return outputs.union(inputs).sorted().map { name in
        let format = OutputFormat.allCases.first { $0.canonicalName == name }
        return [
          "name": .text(name), "is_input": .uint(inputs.contains(name) ? 1 : 0),
          "is_output": .uint(outputs.contains(name) ? 1 : 0),
          "content_type": .text(format?.contentType ?? ""),
        ]
      }
    }
  }

  /// Engines that tables have.
  static func tableEngines() -> ComputedTable {
    make("table_engines") {
      ["Memory", "MergeTree", "Null", "ReplicatedMergeTree", "View"].map { name in
        let isStored: UInt64 = name.hasSuffix("MergeTree") ? 1 : 0
        return [
          "name": .text(name), "supports_settings": .uint(isStored),
          "supports_sort_order": .uint(isStored), "supports_parallel_insert": .uint(isStored),
        ]
      }
    }
  }

  /// Those that work here: a server opens no files for anyone.
  static func tableFunctions(of database: Database) -> ComputedTable {
    let files = database.options.outside.readsFiles ? [FileFunction.name] : []
    return make("table_functions") {
      (FunctionTable.tableFunctions + [CandleView.functionName, GapTable.functionName] + files)
        .sorted().map {
          ["name": .text($0), "allow_readonly": .uint($0 == FileFunction.name ? 0 : 1)]
        }
    }
  }

  static func combinators() -> ComputedTable {
    make("aggregate_function_combinators") {
      FunctionTable.combinators.map { ["name": .text($0)] }
    }
  }

  static func typeFamilies() -> ComputedTable {
    make("data_type_families") {
      DataType.families.map { family in
        [
          "name": .text(family.name), "alias_to": .text(family.original),
          "case_insensitive": .uint(family.ignoresCase ? 1 : 0),
        ]
      }
    }
  }

  static func keywords() -> ComputedTable {
    make("keywords") { FunctionTable.keywords.map { ["keyword": .text($0)] } }
  }

  static func timeZones() -> ComputedTable {
    make("time_zones") { TimeZone.names.map { ["time_zone": .text($0)] } }
  }

  static func buildOptions() -> ComputedTable {
    make("build_options") {
      #if DEBUG
      let kind = "Debug"
      #else
      let kind = "Release"
      #endif
      #if arch(x86_64)
      let processor = "x86_64"
      #elseif arch(arm64)
      let processor = "aarch64"
      #else
      let processor = ""
      #endif
      return [
        ("BUILD_TYPE", kind), ("SYSTEM", "Linux"), ("SYSTEM_PROCESSOR", processor),
        ("TZDATA_VERSION", TimeZone.version), ("VERSION_FULL", Database.clickHouseVersion),
      ].map { ["name": .text($0.0), "value": .text($0.1)] }
    }
  }
}
