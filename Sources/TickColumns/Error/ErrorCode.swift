/// ClickHouse's error numbers and names, the part that Tickbase uses. Clients key on both.
public enum ErrorCode: Int, Hashable, Sendable {
  case cannotParseText = 6
  case incorrectNumberOfColumns = 7
  case noSuchColumnInBlock = 10
  case parameterOutOfBound = 12
  case duplicateColumn = 15
  case noSuchColumnInTable = 16
  case numberOfColumnsDoesntMatch = 20
  case cannotParseEscapeSequence = 25
  case cannotParseQuotedString = 26
  case cannotParseInputAssertionFailed = 27
  case cannotPrintFloatOrDoubleNumber = 28
  case attemptToReadAfterEndOfFile = 32
  case cannotReadAllData = 33
  case tooManyArgumentsForFunction = 34
  case tooFewArgumentsForFunction = 35
  case badArguments = 36
  case cannotParseDate = 38
  case cannotParseDatetime = 41
  case numberOfArgumentsDoesntMatch = 42
  case illegalTypeOfArgument = 43
  case illegalColumn = 44
  case unknownFunction = 46
  case unknownIdentifier = 47
  case notImplemented = 48
  case logicalError = 49
  case unknownType = 50
  case emptyListOfColumns = 51
  case typeMismatch = 53
  case unknownStorage = 56
  case tableAlreadyExists = 57
  case illegalTypeOfColumnForFilter = 59
  case unknownTable = 60
  case syntaxError = 62
  case unknownAggregateFunction = 63
  case argumentOutOfBound = 69
  case cannotConvertType = 70
  case cannotParseNumber = 72
  case unknownFormat = 73
  case cannotReadFromFile = 74
  case cannotOpenFile = 76
  case incorrectQuery = 80
  case unknownDatabase = 81
  case databaseAlreadyExists = 82
  case emptyListOfColumnsPassed = 90
  case noDataToInsert = 108
  case unknownSetting = 115
  case thereIsNoDefaultValue = 116
  case incorrectData = 117
  case engineRequired = 119
  case tooLargeArraySize = 128
  case tooLargeStringSize = 131
  case aggregateFunctionDoesntAllowParameters = 133
  case incorrectResultOfScalarSubquery = 125
  case samplingNotSupported = 141
  case unknownOverflowMode = 145
  case illegalDivision = 153
  case tooManyRows = 158
  case timeoutExceeded = 159
  case tooSlow = 160
  case readonly = 164
  case tooBigAst = 168
  case cyclicAliases = 174
  case multipleExpressionsForAlias = 179
  case illegalFinal = 181
  case illegalPrewhere = 182
  case unexpectedExpression = 183
  case illegalAggregation = 184
  case requiredPassword = 194
  case authenticationFailed = 516
  case unknownRole = 511
  case sessionNotFound = 372
  case sessionIsLocked = 373
  case invalidSessionTimeout = 374
  case sessionIDEmpty = 744
  case sizesOfArraysDontMatch = 190
  case setSizeLimitExceeded = 191
  case queryIsTooLarge = 229
  case tooManySimultaneousQueries = 202
  case aliasRequired = 206
  case unionAllResultStructuresMismatch = 258
  case invalidJoinOnExpression = 403
  case topAndLimitTogether = 406
  case unknownQueryParameter = 456
  case badQueryParameter = 457
  case invalidWithFillExpression = 475
  case withTiesWithoutOrderBy = 476
  case expectedAllOrDistinct = 558
  case intersectOrExceptResultStructuresMismatch = 596
  case unknownTotalsMode = 213
  case notAnAggregate = 215
  case queryWithSameIdIsAlreadyRunning = 216
  case databaseNotEmpty = 219
  case tableIsReadOnly = 242
  case invalidPartitionValue = 248
  case memoryLimitExceeded = 241
  case notEnoughSpace = 243
  case corruptedData = 246
  case tooManyParts = 252
  case tooDeepRecursion = 306
  case valueIsOutOfRangeOfDataType = 321
  case cannotInsertNullInOrdinaryColumn = 349
  case infiniteLoop = 269
  case cannotDecompress = 271
  case indexOfPositionalArgumentIsOutOfRange = 353
  case noCommonType = 386
  case cannotGetCreateTableQuery = 390
  case queryWasCancelled = 394
  case functionThrowIfValueIsNonZero = 395
  case decimalOverflow = 407
  case multipleAssignmentsToColumn = 419
  case cannotUpdateColumn = 420
  case cannotCompileRegexp = 427
  case invalidLimitExpression = 440
  case cannotParseBool = 467
  case tooManyBytes = 307
  case tooManyRowsOrBytes = 396
  case httpLengthRequired = 381
  case unknownElementOfEnum = 691
  case socketTimeout = 209
  case unsupportedMediaType = 779
  case cannotParseUUID = 376
  case cannotParseIPv4 = 675
  case cannotParseIPv6 = 676
  case cannotReadArrayFromText = 130
  case unexpectedDataAfterParsedValue = 632
  case alterOfColumnIsForbidden = 524
  case cannotExtractTableStructure = 636
  case checksumDoesntMatch = 40
  case unknownCompressionMethod = 89
  case storageFailed = 1001

  /// The symbolic name clients match on, for example `UNKNOWN_TABLE`.
  public var name: String {
    switch self {
    case .cannotParseText: "CANNOT_PARSE_TEXT"
    case .incorrectNumberOfColumns: "INCORRECT_NUMBER_OF_COLUMNS"
    case .noSuchColumnInBlock: "NOT_FOUND_COLUMN_IN_BLOCK"
    case .parameterOutOfBound: "PARAMETER_OUT_OF_BOUND"
    case .duplicateColumn: "DUPLICATE_COLUMN"
    case .noSuchColumnInTable: "NO_SUCH_COLUMN_IN_TABLE"
    case .numberOfColumnsDoesntMatch: "NUMBER_OF_COLUMNS_DOESNT_MATCH"
    case .cannotParseEscapeSequence: "CANNOT_PARSE_ESCAPE_SEQUENCE"
    case .cannotParseQuotedString: "CANNOT_PARSE_QUOTED_STRING"
    case .cannotParseInputAssertionFailed: "CANNOT_PARSE_INPUT_ASSERTION_FAILED"
    case .attemptToReadAfterEndOfFile: "ATTEMPT_TO_READ_AFTER_EOF"
    case .cannotReadAllData: "CANNOT_READ_ALL_DATA"
    case .tooManyArgumentsForFunction: "TOO_MANY_ARGUMENTS_FOR_FUNCTION"
    case .tooFewArgumentsForFunction: "TOO_FEW_ARGUMENTS_FOR_FUNCTION"
    case .badArguments: "BAD_ARGUMENTS"
    case .cannotParseDate: "CANNOT_PARSE_DATE"
    case .cannotParseDatetime: "CANNOT_PARSE_DATETIME"
    case .numberOfArgumentsDoesntMatch: "NUMBER_OF_ARGUMENTS_DOESNT_MATCH"
    case .illegalTypeOfArgument: "ILLEGAL_TYPE_OF_ARGUMENT"
    case .illegalColumn: "ILLEGAL_COLUMN"
    case .unknownFunction: "UNKNOWN_FUNCTION"
    case .unknownIdentifier: "UNKNOWN_IDENTIFIER"
    case .notImplemented: "NOT_IMPLEMENTED"
    case .logicalError: "LOGICAL_ERROR"
    case .unknownType: "UNKNOWN_TYPE"
    case .emptyListOfColumns: "EMPTY_LIST_OF_COLUMNS_QUERIED"
    case .typeMismatch: "TYPE_MISMATCH"
    case .unknownStorage: "UNKNOWN_STORAGE"
    case .tableAlreadyExists: "TABLE_ALREADY_EXISTS"
    case .illegalTypeOfColumnForFilter: "ILLEGAL_TYPE_OF_COLUMN_FOR_FILTER"
    case .unknownTable: "UNKNOWN_TABLE"
    case .syntaxError: "SYNTAX_ERROR"
    case .unknownAggregateFunction: "UNKNOWN_AGGREGATE_FUNCTION"
    case .argumentOutOfBound: "ARGUMENT_OUT_OF_BOUND"
    case .cannotConvertType: "CANNOT_CONVERT_TYPE"
    case .cannotParseNumber: "CANNOT_PARSE_NUMBER"
    case .unknownFormat: "UNKNOWN_FORMAT"
    case .cannotReadFromFile: "CANNOT_READ_FROM_FILE_DESCRIPTOR"
    case .cannotOpenFile: "CANNOT_OPEN_FILE"
    case .incorrectQuery: "INCORRECT_QUERY"
    case .unknownDatabase: "UNKNOWN_DATABASE"
    case .databaseAlreadyExists: "DATABASE_ALREADY_EXISTS"
    case .noDataToInsert: "NO_DATA_TO_INSERT"
    case .emptyListOfColumnsPassed: "EMPTY_LIST_OF_COLUMNS_PASSED"
    case .unknownSetting: "UNKNOWN_SETTING"
    case .thereIsNoDefaultValue: "THERE_IS_NO_DEFAULT_VALUE"
    case .cyclicAliases: "CYCLIC_ALIASES"
    case .infiniteLoop: "INFINITE_LOOP"
    case .alterOfColumnIsForbidden: "ALTER_OF_COLUMN_IS_FORBIDDEN"
    case .incorrectData: "INCORRECT_DATA"
    case .engineRequired: "ENGINE_REQUIRED"
    case .cannotPrintFloatOrDoubleNumber: "CANNOT_PRINT_FLOAT_OR_DOUBLE_NUMBER"
    case .tooLargeArraySize: "TOO_LARGE_ARRAY_SIZE"
    case .sizesOfArraysDontMatch: "SIZES_OF_ARRAYS_DONT_MATCH"
    case .setSizeLimitExceeded: "SET_SIZE_LIMIT_EXCEEDED"
    case .tooLargeStringSize: "TOO_LARGE_STRING_SIZE"
    case .aggregateFunctionDoesntAllowParameters: "AGGREGATE_FUNCTION_DOESNT_ALLOW_PARAMETERS"
    case .incorrectResultOfScalarSubquery: "INCORRECT_RESULT_OF_SCALAR_SUBQUERY"
    case .unknownOverflowMode: "UNKNOWN_OVERFLOW_MODE"
    case .illegalDivision: "ILLEGAL_DIVISION"
    case .tooManyRows: "TOO_MANY_ROWS"
    case .timeoutExceeded: "TIMEOUT_EXCEEDED"
    case .tooSlow: "TOO_SLOW"
    case .readonly: "READONLY"
    case .tooBigAst: "TOO_BIG_AST"
    case .multipleExpressionsForAlias: "MULTIPLE_EXPRESSIONS_FOR_ALIAS"
    case .unexpectedExpression: "UNEXPECTED_EXPRESSION"
    case .illegalAggregation: "ILLEGAL_AGGREGATION"
    case .requiredPassword: "REQUIRED_PASSWORD"
    case .unknownRole: "UNKNOWN_ROLE"
    case .sessionNotFound: "SESSION_NOT_FOUND"
    case .sessionIsLocked: "SESSION_IS_LOCKED"
    case .invalidSessionTimeout: "INVALID_SESSION_TIMEOUT"
    case .sessionIDEmpty: "SESSION_ID_EMPTY"
    case .samplingNotSupported: "SAMPLING_NOT_SUPPORTED"
    case .illegalFinal: "ILLEGAL_FINAL"
    case .illegalPrewhere: "ILLEGAL_PREWHERE"
    case .aliasRequired: "ALIAS_REQUIRED"
    case .unionAllResultStructuresMismatch: "UNION_ALL_RESULT_STRUCTURES_MISMATCH"
    case .invalidJoinOnExpression: "INVALID_JOIN_ON_EXPRESSION"
    case .topAndLimitTogether: "TOP_AND_LIMIT_TOGETHER"
    case .unknownQueryParameter: "UNKNOWN_QUERY_PARAMETER"
    case .badQueryParameter: "BAD_QUERY_PARAMETER"
    case .invalidWithFillExpression: "INVALID_WITH_FILL_EXPRESSION"
    case .withTiesWithoutOrderBy: "WITH_TIES_WITHOUT_ORDER_BY"
    case .expectedAllOrDistinct: "EXPECTED_ALL_OR_DISTINCT"
    case .intersectOrExceptResultStructuresMismatch:
      "INTERSECT_OR_EXCEPT_RESULT_STRUCTURES_MISMATCH"
    case .authenticationFailed: "AUTHENTICATION_FAILED"
    case .queryIsTooLarge: "QUERY_IS_TOO_LARGE"
    case .tooManySimultaneousQueries: "TOO_MANY_SIMULTANEOUS_QUERIES"
    case .unknownTotalsMode: "UNKNOWN_TOTALS_MODE"
    case .notAnAggregate: "NOT_AN_AGGREGATE"
    case .queryWithSameIdIsAlreadyRunning: "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING"
    case .databaseNotEmpty: "DATABASE_NOT_EMPTY"
    case .tableIsReadOnly: "TABLE_IS_READ_ONLY"
    case .invalidPartitionValue: "INVALID_PARTITION_VALUE"
    case .memoryLimitExceeded: "MEMORY_LIMIT_EXCEEDED"
    case .notEnoughSpace: "NOT_ENOUGH_SPACE"
    case .corruptedData: "CORRUPTED_DATA"
    case .tooManyParts: "TOO_MANY_PARTS"
    case .tooDeepRecursion: "TOO_DEEP_RECURSION"
    case .valueIsOutOfRangeOfDataType: "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE"
    case .cannotInsertNullInOrdinaryColumn: "CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN"
    case .indexOfPositionalArgumentIsOutOfRange: "INDEX_OF_POSITIONAL_ARGUMENT_IS_OUT_OF_RANGE"
    case .cannotDecompress: "CANNOT_DECOMPRESS"
    case .noCommonType: "NO_COMMON_TYPE"
    case .cannotGetCreateTableQuery: "CANNOT_GET_CREATE_TABLE_QUERY"
    case .queryWasCancelled: "QUERY_WAS_CANCELLED"
    case .functionThrowIfValueIsNonZero: "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"
    case .decimalOverflow: "DECIMAL_OVERFLOW"
    case .multipleAssignmentsToColumn: "MULTIPLE_ASSIGNMENTS_TO_COLUMN"
    case .cannotUpdateColumn: "CANNOT_UPDATE_COLUMN"
    case .cannotCompileRegexp: "CANNOT_COMPILE_REGEXP"
    case .invalidLimitExpression: "INVALID_LIMIT_EXPRESSION"
    case .cannotParseBool: "CANNOT_PARSE_BOOL"
    case .tooManyBytes: "TOO_MANY_BYTES"
    case .tooManyRowsOrBytes: "TOO_MANY_ROWS_OR_BYTES"
    case .httpLengthRequired: "HTTP_LENGTH_REQUIRED"
    case .unknownElementOfEnum: "UNKNOWN_ELEMENT_OF_ENUM"
    case .socketTimeout: "SOCKET_TIMEOUT"
    case .unsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE"
    case .cannotParseUUID: "CANNOT_PARSE_UUID"
    case .cannotParseIPv4: "CANNOT_PARSE_IPV4"
    case .cannotParseIPv6: "CANNOT_PARSE_IPV6"
    case .cannotReadArrayFromText: "CANNOT_READ_ARRAY_FROM_TEXT"
    case .unexpectedDataAfterParsedValue: "UNEXPECTED_DATA_AFTER_PARSED_VALUE"
    case .cannotExtractTableStructure: "CANNOT_EXTRACT_TABLE_STRUCTURE"
    case .checksumDoesntMatch: "CHECKSUM_DOESNT_MATCH"
    case .unknownCompressionMethod: "UNKNOWN_COMPRESSION_METHOD"
    case .storageFailed: "STD_EXCEPTION"
    }
  }
}
