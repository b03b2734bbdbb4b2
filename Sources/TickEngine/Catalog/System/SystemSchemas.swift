/// The columns of the tables of `system`, as ClickHouse has them; the tests compare them with it.
enum SystemSchemas {
  static let texts: [String: String] = [
    "processes": """
    is_initial_query UInt8, user String, query_id String, address IPv6, port UInt16, \
    initial_user String, initial_query_id String, initial_address IPv6, initial_port UInt16, \
    interface Enum8('Unknown' = 0, 'TCP' = 1, 'HTTP' = 2, 'gRPC' = 3, 'MySQL' = 4, \
    'PostgreSQL' = 5, 'Local' = 6, 'TCP_Interserver' = 7, 'Prometheus' = 8, 'Background' = \
    9, 'ArrowFlight' = 10), os_user String, client_hostname String, client_name String, \
    client_agent LowCardinality(String), client_revision UInt64, client_version_major \
    UInt64, client_version_minor UInt64, client_version_patch UInt64, http_method \
    Enum8('UNKNOWN' = 0, 'GET' = 1, 'POST' = 2, 'OPTIONS' = 3, 'PUT' = 4, 'DELETE' = 5, \
    'HEAD' = 6), http_user_agent String, http_referer String, forwarded_for String, \
    quota_key String, distributed_depth UInt64, elapsed Float64, is_cancelled UInt8, \
    is_all_data_sent UInt8, read_rows UInt64, read_bytes UInt64, total_rows_approx UInt64, \
    written_rows UInt64, written_bytes UInt64, memory_usage Int64, peak_memory_usage Int64, \
    query String, normalized_query_hash UInt64, query_kind String, thread_ids Array(UInt64), \
    peak_threads_usage UInt64, ProfileEvents Map(LowCardinality(String), UInt64), Settings \
    Map(LowCardinality(String), LowCardinality(String)), current_database String, \
    is_internal UInt8
    """,
    "query_log": """
    hostname String, clickhouse_version String, system_processor String, type \
    Enum8('QueryStart' = 1, 'QueryFinish' = 2, 'ExceptionBeforeStart' = 3, \
    'ExceptionWhileProcessing' = 4), event_date Date, event_time DateTime, \
    event_time_microseconds DateTime64(6), query_start_time DateTime, \
    query_start_time_microseconds DateTime64(6), query_duration_ms UInt64, read_rows UInt64, \
    read_bytes UInt64, written_rows UInt64, written_bytes UInt64, result_rows UInt64, \
    result_bytes UInt64, memory_usage UInt64, current_database String, query String, \
    formatted_query String, normalized_query_hash UInt64, query_kind String, databases \
    Array(String), tables Array(String), columns Array(String), partitions Array(String), \
    projections Array(String), views Array(String), exception_code Int32, exception String, \
    stack_trace String, is_initial_query UInt8, connection_address IPv6, connection_port \
    UInt16, user String, query_id String, address IPv6, port UInt16, initial_user String, \
    initial_query_id String, initial_address IPv6, initial_port UInt16, \
    initial_query_start_time DateTime, initial_query_start_time_microseconds DateTime64(6), \
    authenticated_user String, interface Enum8('Unknown' = 0, 'TCP' = 1, 'HTTP' = 2, 'gRPC' \
    = 3, 'MySQL' = 4, 'PostgreSQL' = 5, 'Local' = 6, 'TCP_Interserver' = 7, 'Prometheus' = \
    8, 'Background' = 9, 'ArrowFlight' = 10), is_secure UInt8, os_user String, \
    client_hostname String, client_name String, client_agent String, client_revision UInt32, \
    client_version_major UInt32, client_version_minor UInt32, client_version_patch UInt32, \
    script_query_number UInt32, script_line_number UInt32, http_method Enum8('UNKNOWN' = 0, \
    'GET' = 1, 'POST' = 2, 'OPTIONS' = 3, 'PUT' = 4, 'DELETE' = 5, 'HEAD' = 6), \
    http_user_agent String, http_referer String, forwarded_for String, quota_key String, \
    distributed_depth UInt64, revision UInt32, http_handler_name String, http_request_url \
    String, log_comment String, thread_ids Array(UInt64), peak_threads_usage UInt64, \
    ProfileEvents Map(String, UInt64), Settings Map(String, String), \
    used_aggregate_functions Array(String), used_aggregate_function_combinators \
    Array(String), used_database_engines Array(String), used_data_type_families \
    Array(String), used_dictionaries Array(String), used_formats Array(String), \
    used_functions Array(String), used_storages Array(String), used_table_functions \
    Array(String), used_executable_user_defined_functions Array(String), \
    used_sql_user_defined_functions Array(String), used_row_policies Array(String), \
    used_privileges Array(String), missing_privileges Array(String), transaction_id \
    Tuple(UInt64, UInt64, UUID), query_cache_usage Enum8('Unknown' = 0, 'None' = 1, 'Write' \
    = 2, 'Read' = 3), asynchronous_read_counters Map(String, UInt64), is_internal UInt8
    """,
  ]
}
