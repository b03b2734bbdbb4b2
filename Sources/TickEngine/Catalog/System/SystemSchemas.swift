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
    "databases": """
    name String, engine String, data_path String, metadata_path String, uuid UUID, \
    engine_full String, comment String, is_external UInt8
    """,
    "tables": """
    database String, name String, uuid UUID, engine String, is_temporary UInt8, data_paths \
    Array(String), metadata_path String, metadata_modification_time DateTime, \
    metadata_version Int32, dependencies_database Array(String), dependencies_table \
    Array(String), create_table_query String, engine_full String, as_select String, \
    parameterized_view_parameters Array(Tuple(name String, type String)), partition_key \
    String, sorting_key String, primary_key String, sampling_key String, unique_key String, \
    skipping_indices_types Array(String), storage_policy String, total_rows \
    Nullable(UInt64), total_bytes Nullable(UInt64), total_bytes_uncompressed \
    Nullable(UInt64), parts Nullable(UInt64), active_parts Nullable(UInt64), total_marks \
    Nullable(UInt64), active_on_fly_data_mutations UInt64, active_on_fly_alter_mutations \
    UInt64, active_on_fly_metadata_mutations UInt64, columns_descriptions_cache_size UInt64, \
    lifetime_rows Nullable(UInt64), lifetime_bytes Nullable(UInt64), comment String, \
    has_own_data UInt8, loading_dependencies_database Array(String), \
    loading_dependencies_table Array(String), loading_dependent_database Array(String), \
    loading_dependent_table Array(String), target_database String, target_table String, \
    definer String
    """,
    "columns": """
    database String, table String, name String, type String, position UInt64, default_kind \
    String, default_expression String, data_compressed_bytes UInt64, data_uncompressed_bytes \
    UInt64, marks_bytes UInt64, comment String, is_in_partition_key UInt8, is_in_sorting_key \
    UInt8, is_in_primary_key UInt8, is_in_sampling_key UInt8, compression_codec String, \
    character_octet_length Nullable(UInt64), numeric_precision Nullable(UInt64), \
    numeric_precision_radix Nullable(UInt64), numeric_scale Nullable(UInt64), \
    datetime_precision Nullable(UInt64), serialization_hint Nullable(String), statistics \
    String
    """,
    "parts": """
    partition String, name String, uuid UUID, part_type String, part_storage_type String, \
    active UInt8, marks UInt64, rows UInt64, files UInt64, bytes_on_disk UInt64, \
    data_compressed_bytes UInt64, data_uncompressed_bytes UInt64, primary_key_size UInt64, \
    marks_bytes UInt64, secondary_indices_compressed_bytes UInt64, \
    secondary_indices_uncompressed_bytes UInt64, secondary_indices_marks_bytes UInt64, \
    modification_time DateTime, remove_time DateTime, refcount UInt32, min_date Date, \
    max_date Date, min_time DateTime, max_time DateTime, partition_id String, \
    min_block_number Int64, max_block_number Int64, level UInt32, data_version UInt64, \
    primary_key_bytes_in_memory UInt64, primary_key_bytes_in_memory_allocated UInt64, \
    index_granularity_bytes_in_memory UInt64, index_granularity_bytes_in_memory_allocated \
    UInt64, is_frozen UInt8, database String, table String, engine String, disk_name String, \
    path String, hash_of_all_files String, hash_of_uncompressed_files String, \
    uncompressed_hash_of_compressed_files String, delete_ttl_info_min DateTime, \
    delete_ttl_info_max DateTime, move_ttl_info.expression Array(String), move_ttl_info.min \
    Array(DateTime), move_ttl_info.max Array(DateTime), default_compression_codec String, \
    recompression_ttl_info.expression Array(String), recompression_ttl_info.min \
    Array(DateTime), recompression_ttl_info.max Array(DateTime), \
    group_by_ttl_info.expression Array(String), group_by_ttl_info.min Array(DateTime), \
    group_by_ttl_info.max Array(DateTime), rows_where_ttl_info.expression Array(String), \
    rows_where_ttl_info.min Array(DateTime), rows_where_ttl_info.max Array(DateTime), \
    projections Array(String), visible UInt8, creation_tid Tuple(UInt64, UInt64, UUID), \
    removal_tid_lock UInt64, removal_tid Tuple(UInt64, UInt64, UUID), creation_csn UInt64, \
    removal_csn UInt64, has_lightweight_delete UInt8, last_removal_attempt_time DateTime, \
    removal_state String
    """,
    "functions": """
    name String, is_aggregate UInt8, case_insensitive UInt8, alias_to String, create_query \
    String, origin Enum8('System' = 0, 'SQLUserDefined' = 1, 'ExecutableUserDefined' = 2, \
    'WasmUserDefined' = 3), description String, syntax String, arguments String, parameters \
    String, returned_value String, examples String, introduced_in String, categories String, \
    deterministic Nullable(UInt8), higher_order Nullable(UInt8)
    """,
    "formats": """
    name String, is_input UInt8, is_output UInt8, supports_parallel_parsing UInt8, \
    supports_parallel_formatting UInt8, is_tty_friendly UInt8, content_type String, \
    supports_random_access UInt8, has_schema_inference UInt8, has_external_schema UInt8, \
    prefers_large_blocks UInt8, supports_append UInt8, supports_subsets_of_columns UInt8, \
    description String, examples String, introduced_in String, related Array(String)
    """,
    "table_engines": """
    name String, supports_settings UInt8, supports_skipping_indices UInt8, \
    supports_projections UInt8, supports_sort_order UInt8, supports_ttl UInt8, \
    supports_replication UInt8, supports_deduplication UInt8, supports_parallel_insert \
    UInt8, description String, syntax String, examples String, introduced_in String, related \
    Array(String)
    """,
    "table_functions": """
    name String, description String, allow_readonly UInt8
    """,
    "aggregate_function_combinators": """
    name String, is_internal UInt8, description String, syntax String, examples String, \
    introduced_in String, related Array(String)
    """,
    "data_type_families": """
    name String, case_insensitive UInt8, alias_to String, description String, syntax String, \
    examples String, introduced_in String, related Array(String)
    """,
    "keywords": """
    keyword String
    """,
    "time_zones": """
    time_zone String
    """,
    "build_options": """
    name String, value String
    """,
    "metrics": """
    metric String, value Int64, description String
    """,
    "events": """
    event String, value UInt64, description String
    """,
    "errors": """
    name String, code Int32, value UInt64, last_error_time DateTime, last_error_message \
    String, last_error_format_string String, last_error_trace Array(UInt64), remote UInt8, \
    query_id String
    """,
    "disks": """
    name String, path String, free_space UInt64, total_space UInt64, unreserved_space \
    UInt64, keep_free_space UInt64, type String, object_storage_type String, metadata_type \
    String, is_encrypted UInt8, is_read_only UInt8, is_write_once UInt8, is_remote UInt8, \
    is_broken UInt8, cache_path String
    """,
    "storage_policies": """
    policy_name String, volume_name String, volume_priority UInt64, disks Array(String), \
    volume_type Enum8('JBOD' = 0, 'SINGLE_DISK' = 1, 'UNKNOWN' = 2), max_data_part_size \
    UInt64, move_factor Float32, prefer_not_to_merge UInt8, perform_ttl_move_on_insert \
    UInt8, load_balancing Enum8('ROUND_ROBIN' = 0, 'LEAST_USED' = 1)
    """,
    "clusters": """
    cluster String, shard_num UInt32, shard_name String, shard_weight UInt32, \
    internal_replication UInt8, replica_num UInt32, host_name String, host_address String, \
    port UInt16, is_local UInt8, user String, default_database String, errors_count UInt32, \
    slowdowns_count UInt32, estimated_recovery_time UInt32, database_shard_name String, \
    database_replica_name String, is_shared_catalog_cluster UInt8, is_active \
    Nullable(UInt8), unsynced_after_recovery Nullable(UInt8), replication_lag \
    Nullable(UInt32), recovery_time Nullable(UInt64)
    """,
    "macros": """
    macro String, substitution String
    """,
    "dictionaries": """
    database String, name String, uuid UUID, status Enum8('NOT_LOADED' = 0, 'LOADED' = 1, \
    'FAILED' = 2, 'LOADING' = 3, 'FAILED_AND_RELOADING' = 4, 'LOADED_AND_RELOADING' = 5, \
    'NOT_EXIST' = 6), origin String, type String, key.names Array(String), key.types \
    Array(String), attribute.names Array(String), attribute.types Array(String), \
    bytes_allocated UInt64, hierarchical_index_bytes_allocated UInt64, query_count UInt64, \
    hit_rate Float64, found_rate Float64, element_count UInt64, load_factor Float64, source \
    String, lifetime_min UInt64, lifetime_max UInt64, loading_start_time DateTime, \
    last_successful_update_time DateTime, error_count UInt64, loading_duration Float32, \
    last_exception String, comment String
    """,
    "mutations": """
    database String, table String, mutation_id String, command String, create_time DateTime, \
    finish_time DateTime, block_numbers.partition_id Array(String), block_numbers.number \
    Array(Int64), parts_in_progress_names Array(String), parts_to_do_names Array(String), \
    parts_to_do Int64, parts_postpone_reasons Map(String, String), is_done UInt8, is_killed \
    UInt8, latest_failed_part String, latest_fail_time DateTime, latest_fail_reason String, \
    latest_fail_error_code_name String
    """,
    "merges": """
    database String, table String, elapsed Float64, progress Float64, num_parts UInt64, \
    source_part_names Array(String), result_part_name String, source_part_paths \
    Array(String), result_part_path String, partition_id String, partition String, \
    is_mutation UInt8, total_size_bytes_compressed UInt64, total_size_bytes_uncompressed \
    UInt64, total_size_marks UInt64, bytes_read_uncompressed UInt64, rows_read UInt64, \
    bytes_written_uncompressed UInt64, rows_written UInt64, columns_written UInt64, \
    memory_usage UInt64, thread_id UInt64, merge_type String, merge_algorithm String, \
    current_projection String, current_projection_progress Float64, \
    current_projection_parts_merging UInt64, current_projection_parts_remaining UInt64, \
    projections_completed Array(String), projections_remaining Array(String)
    """,
    "moves": """
    database String, table String, elapsed Float64, target_disk_name String, \
    target_disk_path String, part_name String, part_size UInt64, thread_id UInt64
    """,
    "replicas": """
    database String, table String, uuid UUID, engine String, is_leader UInt8, \
    can_become_leader UInt8, is_readonly UInt8, readonly_start_time Nullable(DateTime), \
    is_session_expired UInt8, future_parts UInt32, parts_to_check UInt32, zookeeper_name \
    String, zookeeper_path String, replica_name String, replica_path String, columns_version \
    Int32, queue_size UInt32, inserts_in_queue UInt32, merges_in_queue UInt32, \
    part_mutations_in_queue UInt32, queue_oldest_time DateTime, inserts_oldest_time \
    DateTime, merges_oldest_time DateTime, part_mutations_oldest_time DateTime, \
    oldest_part_to_get String, oldest_part_to_merge_to String, oldest_part_to_mutate_to \
    String, log_max_index UInt64, log_pointer UInt64, last_queue_update DateTime, \
    absolute_delay UInt64, total_replicas UInt32, active_replicas UInt32, lost_part_count \
    UInt64, last_queue_update_exception String, zookeeper_exception String, \
    replica_is_active Map(String, UInt8)
    """,
    "replication_queue": """
    database String, table String, replica_name String, position UInt32, node_name String, \
    type String, create_time DateTime, required_quorum UInt32, source_replica String, \
    new_part_name String, parts_to_merge Array(String), is_detach UInt8, \
    is_currently_executing UInt8, num_tries UInt32, last_exception String, \
    last_exception_time DateTime, last_attempt_time DateTime, num_postponed UInt32, \
    postpone_reason String, last_postpone_time DateTime, merge_type String
    """,
    "distribution_queue": """
    database String, table String, data_path String, is_blocked UInt8, error_count UInt64, \
    data_files UInt64, data_compressed_bytes UInt64, broken_data_files UInt64, \
    broken_data_compressed_bytes UInt64, last_exception String, last_exception_time DateTime
    """,
    "users": """
    name String, id UUID, storage String, auth_type Array(Enum8('no_password' = 0, \
    'plaintext_password' = 1, 'sha256_password' = 2, 'double_sha1_password' = 3, 'ldap' = 4, \
    'kerberos' = 5, 'ssl_certificate' = 6, 'bcrypt_password' = 7, 'ssh_key' = 8, 'http' = 9, \
    'jwt' = 10, 'scram_sha256_password' = 11, 'no_authentication' = 12)), auth_params \
    Array(String), valid_until Array(DateTime64(0)), auth_grants Array(String), host_ip \
    Array(String), host_names Array(String), host_names_regexp Array(String), \
    host_names_like Array(String), default_roles_all UInt8, default_roles_list \
    Array(String), default_roles_except Array(String), grantees_any UInt8, grantees_list \
    Array(String), grantees_except Array(String), default_database String
    """,
    "roles": """
    name String, id UUID, storage String
    """,
    "current_roles": """
    role_name String, with_admin_option UInt8, is_default UInt8
    """,
    "enabled_roles": """
    role_name String, with_admin_option UInt8, is_current UInt8, is_default UInt8
    """,
    "settings_profiles": """
    name String, id UUID, storage String, num_elements UInt64, apply_to_all UInt8, \
    apply_to_list Array(String), apply_to_except Array(String)
    """,
    "settings_profile_elements": """
    profile_name Nullable(String), user_name Nullable(String), role_name Nullable(String), \
    index UInt64, setting_name Nullable(String), value Nullable(String), min \
    Nullable(String), max Nullable(String), writability Nullable(Enum8('WRITABLE' = 0, \
    'CONST' = 1, 'CHANGEABLE_IN_READONLY' = 2)), inherit_profile Nullable(String)
    """,
    "quotas": """
    name String, id UUID, storage String, keys Array(Enum8('user_name' = 1, 'ip_address' = \
    2, 'forwarded_ip_address' = 3, 'client_key' = 4, 'normalized_query_hash' = 7)), \
    durations Array(UInt32), apply_to_all UInt8, apply_to_list Array(String), \
    apply_to_except Array(String), ipv4_prefix_bits Nullable(UInt8), ipv6_prefix_bits \
    Nullable(UInt8)
    """,
    "row_policies": """
    name String, short_name String, database String, table String, id UUID, storage String, \
    select_filter Nullable(String), is_restrictive UInt8, apply_to_all UInt8, apply_to_list \
    Array(String), apply_to_except Array(String)
    """,
    "data_skipping_indices": """
    database String, table String, name String, type String, type_full String, expr String, \
    creation Enum8('Explicit' = 0, 'Implicit' = 1), granularity UInt64, \
    data_compressed_bytes UInt64, data_uncompressed_bytes UInt64, marks_bytes UInt64
    """,
    "projections": """
    database String, table String, name String, type Enum8('Normal' = 0, 'Aggregate' = 1), \
    sorting_key Array(String), query String, settings Map(String, String)
    """,
    "constraints": """
    database String, table String, name String, type Enum8('CHECK' = 0, 'ASSUME' = 1), \
    expression String
    """,
    "detached_parts": """
    database String, table String, partition_id Nullable(String), name String, bytes_on_disk \
    UInt64, modification_time DateTime, disk String, path String, reason Nullable(String), \
    min_block_number Nullable(Int64), max_block_number Nullable(Int64), level \
    Nullable(UInt32)
    """,
    "dropped_tables": """
    index UInt32, database String, table String, uuid UUID, engine String, \
    metadata_dropped_path String, table_dropped_time DateTime
    """,
    "view_refreshes": """
    database String, view String, uuid UUID, status String, last_success_time \
    Nullable(DateTime), last_success_duration_ms Nullable(UInt64), last_refresh_time \
    Nullable(DateTime), last_refresh_replica String, next_refresh_time Nullable(DateTime), \
    exception String, retry UInt64, progress Nullable(Float64), read_rows Nullable(UInt64), \
    read_bytes Nullable(UInt64), total_rows Nullable(UInt64), written_rows Nullable(UInt64), \
    written_bytes Nullable(UInt64)
    """,
    "query_cache": """
    query String, query_id String, is_subquery UInt8, result_size UInt64, tag \
    LowCardinality(String), stale UInt8, shared UInt8, compressed UInt8, expires_at \
    DateTime, key_hash UInt64
    """,
    "collations": """
    name String, language Nullable(String)
    """,
    "warnings": """
    message String, message_format_string LowCardinality(String)
    """,
    "asynchronous_metrics": "metric String, value Float64, description String",
    // Ours alone: ClickHouse has no producers.
    "insert_producers": """
    database String, table String, producer String, sequence UInt64
    """,
  ]
}
