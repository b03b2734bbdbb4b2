// Written by tools/settings, which says where it comes from. Do not edit.

/// ClickHouse's settings: 1863 names, in order.
enum SettingData {
  /// A line each: name, type, default, what it does (a acts, h harmless, o obsolete, f fixed, r refused,
  /// s stands for another), the values that it may have or the name that it stands for, and a note.
  static let text = #"""
    adaptive_aggregator_freeze_threshold	UInt64	16384	r
    adaptive_aggregator_freeze_threshold_bytes	UInt64	4194304	r
    add_http_cors_header	Bool	0	r		Taken in the URL of a request, where http.cors_origins in the configuration names origins.
    additional_result_filter	String		r
    additional_table_filters	Map	{}	r
    aggregate_function_input_format	AggregateFunctionInputFormat	state	r
    aggregate_functions_null_for_empty	Bool	0	r
    aggregation_in_order_max_block_bytes	UInt64	50000000	h
    aggregation_memory_efficient_merge_threads	UInt64	0	h
    ai_function_allow_insecure_endpoint	Bool	0	h
    ai_function_embedding_default_credentials	String		h
    ai_function_embedding_max_batch_size	NonZeroUInt64	100	h
    ai_function_max_api_calls_per_query	UInt64	1000	h
    ai_function_max_input_tokens_per_query	UInt64	1000000	h
    ai_function_max_output_tokens_per_query	UInt64	500000	h
    ai_function_max_retries	UInt64	1	h
    ai_function_request_timeout_sec	UInt64	60	h
    ai_function_retry_initial_delay_ms	UInt64	1000	h
    ai_function_text_default_credentials	String		h
    ai_function_throw_on_error	Bool	1	h
    ai_function_throw_on_quota_exceeded	Bool	1	h
    allow_aggregate_partitions_independently	Bool	1	r
    allow_archive_path_syntax	Bool	1	r
    allow_asynchronous_read_from_io_pool_for_merge_tree	Bool	0	r
    allow_calculating_subcolumns_sizes_for_merge_tree_reading	Bool	1	r
    allow_changing_replica_until_first_data_packet	Bool	0	r
    allow_correlated_subqueries	Bool	1	r
    allow_create_index_without_type	Bool	0	r
    allow_creating_set_partitions_independently	Bool	1	r
    allow_custom_error_code_in_throwif	Bool	0	r
    allow_database_glue_catalog	Bool	0	r
    allow_database_iceberg	Bool	0	r
    allow_database_unity_catalog	Bool	0	r
    allow_ddl	Bool	1	r
    allow_delta_kernel_rs	Bool	1	r
    allow_delta_lake_create_table	Bool	0	r
    allow_delta_lake_writes	Bool	0	r
    allow_deprecated_database_ordinary	Bool	0	r
    allow_deprecated_error_prone_window_functions	Bool	0	a		1: neighbor, runningDifference and runningAccumulate, which see the whole result here.
    allow_deprecated_snowflake_conversion_functions	Bool	0	o
    allow_deprecated_syntax_for_merge_tree	Bool	0	r
    allow_distinct_partitions_independently	Bool	1	r
    allow_distributed_ddl	Bool	1	r
    allow_drop_detached	Bool	0	a		DROP DETACHED PARTITION is refused without it.
    allow_dynamic_type_in_join_keys	Bool	0	r
    allow_execute_multiif_columnar	Bool	1	r
    allow_experimental_ai_functions	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_alias_table_engine	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_alter_materialized_view_structure	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_analyzer	Bool	1	f	1	There is one analyser, and it is the new one.
    allow_experimental_annoy_index	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_bfloat16_type	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_bigint_types	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_cleanup_old_data_files_compaction	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_codecs	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_correlated_subqueries	Bool	1	s	allow_correlated_subqueries
    allow_experimental_database_atomic	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_database_glue_catalog	Bool	0	s	allow_database_glue_catalog
    allow_experimental_database_hms_catalog	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_database_iceberg	Bool	0	s	allow_database_iceberg
    allow_experimental_database_materialized_mysql	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_database_materialized_postgresql	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_database_paimon_rest_catalog	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_database_replicated	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_database_unity_catalog	Bool	0	s	allow_database_unity_catalog
    allow_experimental_delta_kernel_rs	Bool	1	s	allow_delta_kernel_rs
    allow_experimental_delta_lake_writes	Bool	0	s	allow_delta_lake_writes
    allow_experimental_dynamic_type	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_eval_table_function	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_expire_snapshots	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_full_text_index	Bool	1	s	enable_full_text_index
    allow_experimental_funnel_functions	Bool	0	s	enable_funnel_functions
    allow_experimental_geo_types	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_geo_types_in_iceberg	Bool	0	s	allow_geo_types_in_iceberg
    allow_experimental_hash_functions	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_iceberg_compaction	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_insert_into_iceberg	Bool	0	s	allow_insert_into_iceberg
    allow_experimental_inverted_index	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_join_condition	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_join_right_table_sorting	Bool	0	s	allow_join_right_table_sorting
    allow_experimental_json_lazy_type_hints	Bool	0	s	enable_json_lazy_type_hints
    allow_experimental_json_type	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_kafka_offsets_storage_in_keeper	Bool	0	s	allow_kafka_offsets_storage_in_keeper
    allow_experimental_kusto_dialect	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_lightweight_delete	Bool	1	s	enable_lightweight_delete
    allow_experimental_lightweight_update	Bool	1	s	enable_lightweight_update
    allow_experimental_live_view	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_map_type	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_materialized_postgresql_table	Bool	0	s	enable_materialized_postgresql_table
    allow_experimental_nlp_functions	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_nullable_tuple_type	Bool	1	s	enable_nullable_tuple_type
    allow_experimental_object_storage_queue_hive_partitioning	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_object_type	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_paimon_storage_engine	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_parallel_reading_from_replicas	UInt64	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_polyglot_dialect	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_projection_optimization	Bool	1	s	optimize_use_projections
    allow_experimental_prql_dialect	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_qbit_type	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_query_cache	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_query_deduplication	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_refreshable_materialized_view	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_s3queue	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_shared_merge_tree	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_shared_set_join	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_statistic	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_statistics	Bool	1	s	allow_statistics
    allow_experimental_text_index_lazy_apply	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_time_series_aggregate_functions	Bool	0	s	enable_time_series_aggregate_functions
    allow_experimental_time_series_table	Bool	0	s	enable_time_series_table
    allow_experimental_time_time64_type	Bool	1	s	enable_time_time64_type
    allow_experimental_ts_to_grid_aggregate_function	Bool	0	s	enable_time_series_aggregate_functions
    allow_experimental_undrop_table_query	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_unique_key	Bool	0	s	enable_unique_key
    allow_experimental_url_wildcard_from_index_pages	Bool	0	s	allow_url_wildcard_from_index_pages
    allow_experimental_usearch_index	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_variant_type	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_vector_similarity_index	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_window_functions	Bool	1	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_window_view	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_ytsaurus_dictionary_source	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_ytsaurus_table_engine	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_experimental_ytsaurus_table_function	Bool	0	h		What exists here needs no leave; what does not is refused by name.
    allow_fuzz_query_functions	Bool	0	r
    allow_general_join_planning	Bool	1	r
    allow_geo_types_in_iceberg	Bool	0	r
    allow_get_client_http_header	Bool	0	r
    allow_hyperscan	Bool	1	h
    allow_iceberg_remove_orphan_files	Bool	0	r
    allow_insert_into_iceberg	Bool	0	r
    allow_introspection_functions	Bool	0	h
    allow_join_right_table_sorting	Bool	0	r
    allow_kafka_offsets_storage_in_keeper	Bool	0	r
    allow_key_condition_coalesce_rewrite	Bool	1	r
    allow_limit_by_partitions_independently	Bool	1	r
    allow_lossy_numeric_supertype	Bool	0	r
    allow_materialized_view_with_bad_select	Bool	0	r
    allow_metadata_only_named_tuple_alter	Bool	0	r
    allow_minmax_index_for_json	Bool	0	r
    allow_named_collection_override_by_default	Bool	1	r
    allow_non_metadata_alters	Bool	1	r
    allow_nonconst_timezone_arguments	Bool	0	r
    allow_nondeterministic_mutations	Bool	0	r
    allow_nondeterministic_optimize_skip_unused_shards	Bool	0	r
    allow_not_comparable_types_in_comparison_functions	Bool	0	o
    allow_not_comparable_types_in_order_by	Bool	0	o
    allow_nullable_tuple_in_extracted_subcolumns	Bool	1	r
    allow_prefetched_read_pool_for_local_filesystem	Bool	0	h
    allow_prefetched_read_pool_for_remote_filesystem	Bool	1	h
    allow_preliminary_distinct_abandoning	Bool	1	r
    allow_push_predicate_ast_for_distributed_subqueries	Bool	1	r
    allow_push_predicate_when_subquery_contains_with	Bool	1	r
    allow_python_table_function	Bool	1	h
    allow_rank_dense_rank_arguments	Bool	0	r
    allow_reorder_prewhere_conditions	Bool	1	h
    allow_replace_partition_from_empty_source	Bool	0	r
    allow_settings_after_format_in_insert	Bool	0	r
    allow_simdjson	Bool	1	h
    allow_special_bool_values_inside_variant	Bool	0	r
    allow_special_serialization_kinds_in_output_formats	Bool	1	r
    allow_statistic_optimize	Bool	1	s	allow_statistics_optimize
    allow_statistics	Bool	1	h
    allow_statistics_optimize	Bool	1	h
    allow_suspicious_codecs	Bool	0	h
    allow_suspicious_fixed_string_types	Bool	0	h
    allow_suspicious_indices	Bool	0	h
    allow_suspicious_low_cardinality_types	Bool	0	h
    allow_suspicious_primary_key	Bool	0	h
    allow_suspicious_ttl_expressions	Bool	0	h
    allow_suspicious_types_in_group_by	Bool	0	h
    allow_suspicious_types_in_order_by	Bool	0	h
    allow_suspicious_variant_types	Bool	0	h
    allow_unrestricted_reads_from_keeper	Bool	0	r
    allow_url_wildcard_from_index_pages	Bool	0	r
    allow_window_partitions_independently	Bool	1	r
    alter_move_to_space_execute_async	Bool	0	r
    alter_partition_verbose_result	Bool	0	r
    alter_sync	UInt64	1	h		A change is durable when it is answered.
    alter_update_mode	AlterUpdateMode	heavy	r
    analyze_index_with_space_filling_curves	Bool	1	r
    analyzer_compatibility_allow_compound_identifiers_in_unflatten_nested	Bool	1	r
    analyzer_compatibility_allow_non_aggregate_in_having	Bool	0	r
    analyzer_compatibility_apply_final_to_all_joined_tables	Bool	0	r
    analyzer_compatibility_join_using_top_level_identifier	Bool	0	r
    analyzer_compatibility_multiple_joins_qualify_column_names	Bool	0	r
    analyzer_compatibility_prefer_alias_over_subcolumn	Bool	0	r
    analyzer_inline_views	Bool	0	r
    annoy_index_search_k_nodes	Int64	-1	o
    any_join_distinct_right_table_keys	Bool	0	r
    apply_deleted_mask	Bool	1	r
    apply_mutations_on_fly	Bool	0	r
    apply_patch_parts	Bool	1	r
    apply_patch_parts_join_cache_buckets	NonZeroUInt64	8	r
    apply_prewhere_after_final	Bool	0	r
    apply_row_policy_after_final	Bool	1	r
    apply_settings_from_server	Bool	1	r
    archive_adaptive_buffer_max_size_bytes	UInt64	8388608	r
    arrow_flight_request_descriptor_type	ArrowFlightDescriptorType	path	r
    ast_fuzzer_any_query	Bool	0	h
    ast_fuzzer_oracle	Bool	0	h
    ast_fuzzer_runs	Float	0	h
    asterisk_include_alias_columns	Bool	0	r
    asterisk_include_materialized_columns	Bool	0	r
    asterisk_include_virtual_columns	Bool	0	r
    async_insert	Bool	1	h		Every INSERT is durable when it is answered, and shares its sync with others.
    async_insert_busy_timeout_decrease_rate	Double	0.2	h
    async_insert_busy_timeout_increase_rate	Double	0.2	h
    async_insert_busy_timeout_max_ms	Milliseconds	200	h
    async_insert_busy_timeout_min_ms	Milliseconds	50	h
    async_insert_busy_timeout_ms	Milliseconds	200	s	async_insert_busy_timeout_max_ms
    async_insert_cleanup_timeout_ms	Milliseconds	1000	h
    async_insert_deduplicate	Bool	0	h
    async_insert_max_data_size	UInt64	10485760	h
    async_insert_max_query_number	UInt64	450	h
    async_insert_poll_timeout_ms	Milliseconds	10	h
    async_insert_stale_timeout_ms	Milliseconds	0	h
    async_insert_threads	UInt64	16	h
    async_insert_use_adaptive_busy_timeout	Bool	1	h
    async_query_sending_for_remote	Bool	1	h
    async_socket_for_remote	Bool	1	h
    automatic_parallel_replicas_min_bytes_per_replica	UInt64	1048576	r
    automatic_parallel_replicas_mode	UInt64	0	r
    azure_allow_parallel_part_upload	Bool	1	h
    azure_check_objects_after_upload	Bool	0	h
    azure_connect_timeout_ms	UInt64	1000	h
    azure_create_new_file_on_insert	Bool	0	h
    azure_ignore_file_doesnt_exist	Bool	0	h
    azure_list_object_keys_size	UInt64	1000	h
    azure_max_blocks_in_multipart_upload	NonZeroUInt64	50000	h
    azure_max_get_burst	UInt64	0	h
    azure_max_get_rps	UInt64	0	h
    azure_max_inflight_parts_for_one_file	UInt64	20	h
    azure_max_put_burst	UInt64	0	h
    azure_max_put_rps	UInt64	0	h
    azure_max_redirects	UInt64	10	h
    azure_max_single_part_copy_size	UInt64	268435456	h
    azure_max_single_part_upload_size	UInt64	33554432	h
    azure_max_single_read_retries	UInt64	4	h
    azure_max_unexpected_write_error_retries	UInt64	4	h
    azure_max_upload_part_size	UInt64	5368709120	h
    azure_min_upload_part_size	UInt64	16777216	h
    azure_request_timeout_ms	UInt64	30000	h
    azure_sdk_max_retries	UInt64	10	h
    azure_sdk_retry_initial_backoff_ms	UInt64	10	h
    azure_sdk_retry_max_backoff_ms	UInt64	1000	h
    azure_sdk_use_native_client	Bool	1	h
    azure_skip_empty_files	Bool	0	h
    azure_strict_upload_part_size	UInt64	0	h
    azure_throw_on_zero_files_match	Bool	0	h
    azure_truncate_on_insert	Bool	0	h
    azure_upload_part_size_multiply_factor	UInt64	2	h
    azure_upload_part_size_multiply_parts_count_threshold	UInt64	500	h
    azure_use_adaptive_timeouts	Bool	1	h
    background_buffer_flush_schedule_pool_size	UInt64	16	o
    background_common_pool_size	UInt64	8	o
    background_distributed_schedule_pool_size	UInt64	16	o
    background_fetches_pool_size	UInt64	8	o
    background_merges_mutations_concurrency_ratio	Float	2	o
    background_message_broker_schedule_pool_size	UInt64	16	o
    background_move_pool_size	UInt64	8	o
    background_pool_size	UInt64	16	o
    background_schedule_pool_size	UInt64	128	o
    backup_restore_batch_size_for_keeper_multi	UInt64	1000	h
    backup_restore_batch_size_for_keeper_multiread	UInt64	10000	h
    backup_restore_failure_after_host_disconnected_for_seconds	UInt64	3600	h
    backup_restore_finish_timeout_after_error_sec	UInt64	180	h
    backup_restore_keeper_fault_injection_probability	Float	0	h
    backup_restore_keeper_fault_injection_seed	UInt64	0	h
    backup_restore_keeper_max_retries	UInt64	1000	h
    backup_restore_keeper_max_retries_while_handling_error	UInt64	20	h
    backup_restore_keeper_max_retries_while_initializing	UInt64	20	h
    backup_restore_keeper_retry_initial_backoff_ms	UInt64	100	h
    backup_restore_keeper_retry_max_backoff_ms	UInt64	5000	h
    backup_restore_keeper_value_max_size	UInt64	1048576	h
    backup_restore_s3_retry_attempts	UInt64	1000	h
    backup_restore_s3_retry_initial_backoff_ms	UInt64	25	h
    backup_restore_s3_retry_jitter_factor	Float	0.1	h
    backup_restore_s3_retry_max_backoff_ms	UInt64	5000	h
    backup_slow_all_threads_after_retryable_s3_error	Bool	0	r
    backup_threads	UInt64	16	o
    bool_false_representation	String	false	a
    bool_true_representation	String	true	a
    cache_warmer_threads	UInt64	4	r
    calculate_text_stack_trace	Bool	1	r
    cancel_http_readonly_queries_on_client_close	Bool	0	h		A statement whose client is gone is always cancelled.
    cascades_aggregation_pushdown	Bool	1	r
    cast_ipv4_ipv6_default_on_conversion_error	Bool	0	r
    cast_keep_nullable	Bool	0	r
    cast_string_to_date_time_mode	DateTimeInputFormat	best_effort	r
    cast_string_to_dynamic_use_inference	Bool	0	h		There is no Dynamic type.
    cast_string_to_variant_use_inference	Bool	1	h		There is no Variant type.
    chdb_client_name	String		r
    check_conversion_from_numbers_to_enum	Bool	1	r
    check_named_collection_dependencies	Bool	1	r
    check_query_single_value_result	Bool	0	r
    check_referential_table_dependencies	Bool	0	r
    check_table_dependencies	Bool	1	r
    checksum_on_read	Bool	1	r
    cloud_mode	Bool	0	r
    cloud_mode_database_engine	UInt64	1	o
    cloud_mode_engine	UInt64	1	r
    cluster_for_parallel_replicas	String		h
    cluster_function_process_archive_on_multiple_nodes	Bool	1	r
    cluster_table_function_buckets_batch_size	UInt64	0	r
    cluster_table_function_split_granularity	ObjectStorageGranularityLevel	file	r
    collect_hash_table_stats_during_aggregation	Bool	1	h
    collect_hash_table_stats_during_joins	Bool	1	h
    column_names_for_schema_inference	String		r
    compatibility	String		r
    compatibility_ignore_auto_increment_in_create_table	Bool	0	r
    compatibility_ignore_collation_in_create_table	Bool	1	r
    compatibility_s3_presigned_url_query_in_path	Bool	0	r
    compile_aggregate_expressions	Bool	1	h
    compile_expressions	Bool	1	h
    compile_regular_expressions	Bool	1	h
    compile_sort_description	Bool	1	h
    compression	String		r
    connect_timeout	Seconds	10	h
    connect_timeout_with_failover_ms	Milliseconds	1000	h
    connect_timeout_with_failover_secure_ms	Milliseconds	1000	h
    connection_pool_max_wait_ms	Milliseconds	0	h
    connections_with_failover_max_tries	UInt64	3	h
    convert_query_to_cnf	Bool	0	h
    correlated_subqueries_default_join_kind	DecorrelationJoinKind	right	r
    correlated_subqueries_substitute_equivalent_expressions	Bool	1	r
    correlated_subqueries_use_in_memory_buffer	Bool	1	r
    count_distinct_implementation	String	uniqExact	r
    count_distinct_optimization	Bool	0	r
    count_matches_stop_at_empty_match	Bool	0	r
    create_if_not_exists	Bool	0	r
    create_index_ignore_unique	Bool	0	r
    create_replicated_merge_tree_fault_injection_probability	Float	0	r
    create_table_empty_primary_key_by_default	Bool	1	r
    create_token_default_ttl_seconds	UInt64	1800	r
    cross_join_min_bytes_to_compress	UInt64	1073741824	h
    cross_join_min_rows_to_compress	UInt64	10000000	h
    cross_to_inner_join_rewrite	UInt64	1	r
    data_type_default_nullable	Bool	0	r
    database	String		r
    database_atomic_wait_for_drop_and_detach_synchronously	Bool	0	h
    database_datalake_require_metadata_access	Bool	1	r
    database_replicated_allow_explicit_uuid	UInt64	0	h
    database_replicated_allow_heavy_create	Bool	0	h
    database_replicated_allow_only_replicated_engine	Bool	0	h
    database_replicated_allow_replicated_engine_arguments	UInt64	0	h
    database_replicated_always_detach_permanently	Bool	0	h
    database_replicated_ddl_output	Bool	1	h
    database_replicated_enforce_synchronous_settings	Bool	0	h
    database_replicated_initial_query_timeout_sec	UInt64	300	h
    database_shared_drop_table_delay_seconds	UInt64	28800	r
    date_time_64_output_format_cut_trailing_zeros_align_to_groups_of_thousands	Bool	0	r
    date_time_input_format	DateTimeInputFormat	best_effort	f	best_effort,basic	What the basic reader takes means the same to ours.
    date_time_output_format	DateTimeOutputFormat	simple	a
    date_time_overflow_behavior	DateTimeOverflowBehavior	ignore	r
    dead_blobs_to_delay_insert	UInt64	0	r
    dead_blobs_to_throw_insert	UInt64	0	r
    decimal_check_overflow	Bool	1	r
    deduplicate_blocks_in_dependent_materialized_views	Bool	1	r
    deduplicate_insert	DeduplicateInsertMode	enable	r
    deduplicate_insert_select	DeduplicateInsertSelectMode	enable_when_possible	r
    default_database_engine	DefaultDatabaseEngine	Atomic	o
    default_format	String		r
    default_materialized_view_sql_security	SQLSecurityType	DEFINER	r
    default_max_bytes_in_join	UInt64	1000000000	h
    default_normal_view_sql_security	SQLSecurityType	INVOKER	r
    default_table_engine	DefaultTableEngine	MergeTree	r
    default_temporary_table_engine	DefaultTableEngine	Memory	r
    default_view_definer	String	CURRENT_USER	r
    defer_partition_pruning_after_final	Bool	1	r
    delta_lake_accurate_write_cast	Bool	1	h
    delta_lake_enable_engine_predicate	Bool	1	h
    delta_lake_enable_expression_visitor_logging	Bool	0	h
    delta_lake_insert_max_bytes_in_data_file	NonZeroUInt64	1073741824	h
    delta_lake_insert_max_rows_in_data_file	NonZeroUInt64	1000000	h
    delta_lake_log_metadata	Bool	0	h
    delta_lake_reload_schema_for_consistency	Bool	0	h
    delta_lake_snapshot_end_version	Int64	-1	h
    delta_lake_snapshot_start_version	Int64	-1	h
    delta_lake_snapshot_version	Int64	-1	h
    delta_lake_throw_on_engine_predicate_error	Bool	0	h
    describe_compact_output	Bool	0	r
    describe_extend_object_types	Bool	0	o
    describe_include_subcolumns	Bool	0	r
    describe_include_virtual_columns	Bool	0	r
    dialect	Dialect	clickhouse	r
    dictionary_lazy_load	BoolAuto	auto	r
    dictionary_use_async_executor	Bool	0	r
    dictionary_validate_primary_key_type	Bool	0	r
    discard_query_data	Bool	0	r
    distinct_overflow_mode	OverflowMode	throw	a
    distributed_aggregation_memory_efficient	Bool	1	h		There is one server.
    distributed_background_insert_batch	Bool	0	h		There is one server.
    distributed_background_insert_max_sleep_time_ms	Milliseconds	30000	h		There is one server.
    distributed_background_insert_sleep_time_ms	Milliseconds	100	h		There is one server.
    distributed_background_insert_split_batch_on_failure	Bool	0	h		There is one server.
    distributed_background_insert_timeout	UInt64	0	h		There is one server.
    distributed_cache_alignment	UInt64	0	h		There is one server.
    distributed_cache_bypass_connection_pool	Bool	0	h		There is one server.
    distributed_cache_client_id	String		h		There is one server.
    distributed_cache_connect_backoff_max_ms	UInt64	50	h		There is one server.
    distributed_cache_connect_backoff_min_ms	UInt64	0	h		There is one server.
    distributed_cache_connect_max_tries	UInt64	5	h		There is one server.
    distributed_cache_connect_timeout_ms	UInt64	50	h		There is one server.
    distributed_cache_credentials_refresh_period_seconds	UInt64	5	h		There is one server.
    distributed_cache_data_packet_ack_window	UInt64	5	h		There is one server.
    distributed_cache_discard_connection_if_unread_data	Bool	1	h		There is one server.
    distributed_cache_fetch_metrics_only_from_current_az	Bool	1	h		There is one server.
    distributed_cache_file_cache_name	String		h		There is one server.
    distributed_cache_log_mode	DistributedCacheLogMode	on_error	h		There is one server.
    distributed_cache_max_unacked_inflight_packets	UInt64	10	h		There is one server.
    distributed_cache_min_bytes_for_seek	UInt64	0	h		There is one server.
    distributed_cache_min_inflight_bytes_to_discard_connection_on_seek	UInt64	4194304	h		There is one server.
    distributed_cache_pool_behaviour_on_limit	DistributedCachePoolBehaviourOnLimit	wait	h		There is one server.
    distributed_cache_prefer_bigger_buffer_size	Bool	0	h		There is one server.
    distributed_cache_read_alignment	UInt64	0	h		There is one server.
    distributed_cache_read_only_from_current_az	Bool	1	h		There is one server.
    distributed_cache_read_request_max_tries	UInt64	10	h		There is one server.
    distributed_cache_receive_response_wait_milliseconds	UInt64	60000	h		There is one server.
    distributed_cache_receive_timeout_milliseconds	UInt64	10000	h		There is one server.
    distributed_cache_receive_timeout_ms	UInt64	3000	h		There is one server.
    distributed_cache_registry_show_certificate_and_signature	Bool	0	h		There is one server.
    distributed_cache_send_timeout_ms	UInt64	3000	h		There is one server.
    distributed_cache_tcp_keep_alive_timeout_ms	UInt64	2900	h		There is one server.
    distributed_cache_throw_on_error	Bool	0	h		There is one server.
    distributed_cache_use_clients_cache_for_read	Bool	1	h		There is one server.
    distributed_cache_use_clients_cache_for_write	Bool	0	h		There is one server.
    distributed_cache_wait_connection_from_pool_milliseconds	UInt64	100	h		There is one server.
    distributed_cache_write_request_max_tries	UInt64	10	h		There is one server.
    distributed_connections_pool_size	UInt64	1024	h		There is one server.
    distributed_ddl_entry_format_version	UInt64	5	h		There is one server.
    distributed_ddl_output_mode	DistributedDDLOutputMode	throw	h		There is one server.
    distributed_ddl_task_timeout	Int64	180	h		There is one server.
    distributed_directory_monitor_batch_inserts	Bool	0	s	distributed_background_insert_batch
    distributed_directory_monitor_max_sleep_time_ms	Milliseconds	30000	s	distributed_background_insert_max_sleep_time_ms
    distributed_directory_monitor_sleep_time_ms	Milliseconds	100	s	distributed_background_insert_sleep_time_ms
    distributed_directory_monitor_split_batch_on_failure	Bool	0	s	distributed_background_insert_split_batch_on_failure
    distributed_foreground_insert	Bool	0	h		There is one server.
    distributed_group_by_no_merge	UInt64	0	h		There is one server.
    distributed_index_analysis	Bool	0	h		There is one server.
    distributed_index_analysis_for_non_shared_merge_tree	Bool	0	h		There is one server.
    distributed_index_analysis_only_on_coordinator	Bool	0	h		There is one server.
    distributed_insert_skip_read_only_replicas	Bool	0	h		There is one server.
    distributed_plan_default_reader_bucket_count	NonZeroUInt64	8	h		There is one server.
    distributed_plan_default_shuffle_join_bucket_count	NonZeroUInt64	8	h		There is one server.
    distributed_plan_execute_locally	Bool	0	h		There is one server.
    distributed_plan_fallback_to_local_execution	Bool	1	h		There is one server.
    distributed_plan_force_exchange_kind	String		h		There is one server.
    distributed_plan_force_shuffle_aggregation	Bool	0	h		There is one server.
    distributed_plan_max_rows_to_broadcast	UInt64	20000	h		There is one server.
    distributed_plan_optimize_exchanges	Bool	1	h		There is one server.
    distributed_plan_prefer_replicas_over_workers	Bool	0	h		There is one server.
    distributed_plan_read_in_order	Bool	0	h		There is one server.
    distributed_plan_workers_num	UInt64	0	h		There is one server.
    distributed_plan_workers_provisioning_timeout_ms	UInt64	10000	h		There is one server.
    distributed_product_mode	DistributedProductMode	deny	h		There is one server.
    distributed_push_down_limit	UInt64	1	h		There is one server.
    distributed_replica_error_cap	UInt64	1000	h		There is one server.
    distributed_replica_error_half_life	Seconds	60	h		There is one server.
    distributed_replica_max_ignored_errors	UInt64	0	h		There is one server.
    do_not_merge_across_partitions_select_final	Bool	0	h
    drain_timeout	Seconds	3	o
    dynamic_disk_allow_from_env	Bool	0	r
    dynamic_disk_allow_from_zk	Bool	0	r
    dynamic_disk_allow_include	Bool	0	r
    dynamic_throw_on_type_mismatch	Bool	1	r
    empty_result_for_aggregation_by_constant_keys_on_empty_set	Bool	1	r
    empty_result_for_aggregation_by_empty_set	Bool	0	r
    enable_adaptive_aggregator	Bool	1	r
    enable_adaptive_memory_spill_scheduler	Bool	0	r
    enable_add_distinct_to_in_subqueries	Bool	0	r
    enable_alp_codec	Bool	0	r
    enable_analyzer	Bool	1	s	allow_experimental_analyzer
    enable_automatic_decision_for_merging_across_partitions_for_final	Bool	1	r
    enable_blob_storage_log	Bool	1	r
    enable_blob_storage_log_for_read_operations	Bool	0	r
    enable_cascades_optimizer	Bool	0	r
    enable_debug_queries	Bool	0	o
    enable_deflate_qpl_codec	Bool	0	o
    enable_dynamic_type	Bool	1	h
    enable_early_constant_folding	Bool	1	h
    enable_extended_results_for_datetime_functions	Bool	0	r
    enable_filesystem_cache	Bool	1	h
    enable_filesystem_cache_log	Bool	0	h
    enable_filesystem_cache_on_write_operations	Bool	0	h
    enable_filesystem_read_prefetches_log	Bool	0	h
    enable_full_text_index	Bool	1	r
    enable_function_early_short_circuit	Bool	0	r
    enable_funnel_functions	Bool	0	r
    enable_global_with_statement	Bool	1	r
    enable_group_by_top_k_optimization	Bool	1	r
    enable_hash_join_row_store	Bool	1	r
    enable_hdfs_pread	Bool	1	r
    enable_http_compression	Bool	1	h		Settled by the request, before its statement is read.
    enable_identifier_resolve_cache	Bool	1	r
    enable_job_stack_trace	Bool	0	r
    enable_join_fixed_hash_table_conversion	Bool	1	r
    enable_join_key_only_hash_tables	Bool	1	r
    enable_join_runtime_filters	Bool	1	r
    enable_join_runtime_filters_index_analysis	Bool	0	r
    enable_join_transitive_predicates	Bool	1	r
    enable_json_ast_dialect	Bool	0	r
    enable_json_lazy_type_hints	Bool	0	r
    enable_json_type	Bool	1	h
    enable_lazy_columns_replication	Bool	1	r
    enable_lightweight_delete	Bool	1	r
    enable_lightweight_update	Bool	1	r
    enable_materialized_cte	Bool	0	r
    enable_materialized_postgresql_table	Bool	0	r
    enable_memory_bound_merging_of_aggregation_results	Bool	1	h
    enable_multiple_prewhere_read_steps	Bool	1	h
    enable_named_columns_in_function_tuple	Bool	0	r
    enable_nullable_tuple_type	Bool	1	h
    enable_optimize_predicate_expression	Bool	1	h
    enable_optimize_predicate_expression_to_final_subquery	Bool	1	h
    enable_order_by_all	Bool	1	r
    enable_packed_string_keys_in_aggregation	Bool	1	r
    enable_parallel_blocks_marshalling	Bool	1	r
    enable_parallel_replicas	UInt64	0	s	allow_experimental_parallel_reading_from_replicas
    enable_parallel_single_level_merge	Bool	1	r
    enable_parsing_to_custom_serialization	Bool	1	r
    enable_positional_arguments	Bool	1	r
    enable_positional_arguments_for_projections	Bool	0	r
    enable_producing_buckets_out_of_order_in_aggregation	Bool	1	r
    enable_qbit_type	Bool	1	h
    enable_quantized_codec	Bool	0	r
    enable_reads_from_query_cache	Bool	1	h
    enable_s3_requests_logging	Bool	0	h
    enable_scalar_subquery_optimization	Bool	1	r
    enable_scopes_for_with_statement	Bool	1	r
    enable_sharding_aggregator	Bool	0	o
    enable_shared_storage_snapshot_in_query	Bool	1	r
    enable_sharing_sets_for_mutations	Bool	1	h
    enable_software_prefetch_in_aggregation	Bool	1	h
    enable_software_prefetch_in_join	Bool	1	r
    enable_streaming_queries	Bool	0	r
    enable_sz3_codec	Bool	0	r
    enable_time_series_aggregate_functions	Bool	0	r
    enable_time_series_table	Bool	0	r
    enable_time_time64_type	Bool	1	h
    enable_trino_dialect	Bool	0	r
    enable_unaligned_array_join	Bool	0	r
    enable_unique_key	Bool	0	r
    enable_url_encoding	Bool	0	r
    enable_variant_type	Bool	1	h
    enable_vector_similarity_index	Bool	1	o
    enable_vertical_final	Bool	1	h
    enable_writes_to_query_cache	Bool	1	h
    enable_zstd_qat_codec	Bool	0	o
    enable_zxc_codec	Bool	0	r
    enforce_strict_identifier_format	Bool	0	r
    engine_file_allow_create_multiple_files	Bool	0	r
    engine_file_empty_if_not_exists	Bool	0	r
    engine_file_skip_empty_files	Bool	0	r
    engine_file_truncate_on_insert	Bool	0	r
    engine_url_skip_empty_files	Bool	0	r
    errors_output_format	String	CSV	r
    evaluation_time	FloatAuto	auto	s	promql_evaluation_time
    exact_rows_before_limit	Bool	0	r
    except_default_mode	SetOperationMode	ALL	r
    exclude_materialize_skip_indexes_on_insert	String		r
    execute_exists_as_scalar_subquery	Bool	1	r
    explain_query_plan_default	ExplainQueryPlanDefault	pretty	r
    explain_syntax_single_record	Bool	1	r
    external_storage_connect_timeout_sec	UInt64	10	h
    external_storage_max_read_bytes	UInt64	0	h
    external_storage_max_read_rows	UInt64	0	h
    external_storage_rw_timeout_sec	UInt64	300	h
    external_table_functions_use_nulls	Bool	1	h
    external_table_strict_query	Bool	0	h
    extract_key_value_pairs_max_pairs_per_row	UInt64	1000	r
    extract_kvp_max_pairs_per_row	UInt64	1000	s	extract_key_value_pairs_max_pairs_per_row
    extremes	Bool	0	a
    fallback_to_stale_replicas_for_distributed_queries	Bool	1	h
    file_like_engine_default_partition_strategy	FileLikeEngineDefaultPartitionStrategy	hive	r
    filesystem_cache_allow_background_download	Bool	1	h
    filesystem_cache_boundary_alignment	UInt64	0	h
    filesystem_cache_enable_background_download_during_fetch	Bool	1	h
    filesystem_cache_enable_background_download_for_metadata_files_in_packed_storage	Bool	1	h
    filesystem_cache_max_download_size	UInt64	137438953472	h
    filesystem_cache_name	String		h
    filesystem_cache_prefer_bigger_buffer_size	Bool	1	h
    filesystem_cache_reserve_space_wait_lock_timeout_milliseconds	UInt64	1000	h
    filesystem_cache_segments_batch_size	UInt64	20	h
    filesystem_cache_skip_download_if_exceeds_per_query_cache_write_limit	Bool	1	h
    filesystem_cache_verbose_logging	Bool	0	h
    filesystem_cache_wait_for_concurrent_download_timeout_milliseconds	UInt64	1000	h
    filesystem_prefetch_max_memory_usage	NonZeroUInt64	1073741824	h
    filesystem_prefetch_min_bytes_for_single_read_task	UInt64	2097152	s	merge_tree_min_bytes_per_task_for_remote_reading
    filesystem_prefetch_step_bytes	UInt64	0	h
    filesystem_prefetch_step_marks	UInt64	0	h
    filesystem_prefetches_limit	UInt64	200	h
    filter	String		r
    final	Bool	0	h		Duplicates are settled when rows are written, so no row is ever read twice.
    finalize_projection_parts_synchronously	Bool	0	r
    flatten_nested	Bool	1	r
    force_aggregate_partitions_independently	Bool	0	r
    force_aggregation_in_order	Bool	0	r
    force_creating_set_partitions_independently	Bool	0	r
    force_data_skipping_indices	String		r
    force_distinct_partitions_independently	Bool	0	r
    force_grouping_standard_compatibility	Bool	1	r
    force_index_by_date	Bool	0	r
    force_optimize_projection	Bool	0	r
    force_optimize_projection_name	String		r
    force_optimize_skip_unused_shards	UInt64	0	r
    force_optimize_skip_unused_shards_nesting	UInt64	0	r
    force_primary_key	Bool	0	r
    force_read_through_distributed_cache	BoolAuto	auto	r
    force_remove_data_recursively_on_drop	Bool	0	r
    force_window_partitions_independently	Bool	0	r
    force_write_through_distributed_cache	BoolAuto	auto	r
    format	String		r
    format_avro_schema_registry_connection_timeout	NonZeroUInt64	1	h
    format_avro_schema_registry_max_retries	UInt64	5	h
    format_avro_schema_registry_receive_timeout	NonZeroUInt64	1	h
    format_avro_schema_registry_retry_initial_backoff_ms	NonZeroUInt64	100	h
    format_avro_schema_registry_send_timeout	NonZeroUInt64	1	h
    format_avro_schema_registry_url	URI		h
    format_binary_max_array_size	UInt64	1073741824	r
    format_binary_max_object_size	UInt64	100000	r
    format_binary_max_string_size	UInt64	1073741824	r
    format_capn_proto_enum_comparising_mode	CapnProtoEnumComparingMode	by_values	h
    format_capn_proto_max_message_size	UInt64	1073741824	h
    format_capn_proto_use_autogenerated_schema	Bool	1	h
    format_csv_allow_double_quotes	Bool	1	r
    format_csv_allow_single_quotes	Bool	0	r
    format_csv_delimiter	Char	,	a
    format_csv_null_representation	String	\\N	a
    format_custom_escaping_rule	EscapingRule	Escaped	r
    format_custom_field_delimiter	String	\x09	r
    format_custom_result_after_delimiter	String		r
    format_custom_result_before_delimiter	String		r
    format_custom_row_after_delimiter	String	\x0a	r
    format_custom_row_before_delimiter	String		r
    format_custom_row_between_delimiter	String		r
    format_display_secrets_in_show_and_select	Bool	0	r
    format_geojson_validate_geometry	Bool	1	r
    format_hive_text_rows_delimiter	Char	\x0a	r
    format_json_object_each_row_column_for_object_name	String		r
    format_protobuf_use_autogenerated_schema	Bool	1	h
    format_regexp	String		r
    format_regexp_escaping_rule	EscapingRule	Raw	r
    format_regexp_skip_unmatched	Bool	0	r
    format_schema	String		h		No format here takes a schema.
    format_schema_message_name	String		h		No format here takes a schema.
    format_schema_source	String	file	h		No format here takes a schema.
    format_template_resultset	String		r
    format_template_resultset_format	String		r
    format_template_row	String		r
    format_template_row_format	String		r
    format_template_rows_between_delimiter	String	\x0a	r
    format_tsv_null_representation	String	\\N	a
    formatdatetime_e_with_space_padding	Bool	0	r
    formatdatetime_f_prints_scale_number_of_digits	Bool	0	r
    formatdatetime_f_prints_single_zero	Bool	0	r
    formatdatetime_format_without_leading_zeros	Bool	0	r
    formatdatetime_parsedatetime_m_is_month_name	Bool	1	r
    framing_output_format	String	None	r
    fsync_metadata	Bool	1	r
    function_base58_max_input_size	UInt64	10000	r
    function_date_trunc_return_type_behavior	UInt64	0	r
    function_implementation	String		o
    function_json_value_return_type_allow_complex	Bool	0	r
    function_json_value_return_type_allow_nullable	Bool	0	r
    function_locate_has_mysql_compatible_argument_order	Bool	1	r
    function_range_max_elements_in_block	UInt64	500000000	r
    function_sleep_max_microseconds_per_block	UInt64	3000000	r
    function_visible_width_behavior	UInt64	1	r
    functions_h3_default_if_invalid	Bool	0	r
    geo_distance_returns_float64_on_float64_arguments	Bool	1	r
    geotoh3_argument_order	GeoToH3ArgumentOrder	lat_lon	r
    glob_expansion_max_elements	UInt64	1000	r
    grace_hash_join_initial_buckets	NonZeroUInt64	1	h
    grace_hash_join_max_buckets	NonZeroUInt64	1024	h
    group_by_overflow_mode	OverflowModeGroupBy	throw	a
    group_by_top_k_optimization_observation_rows	UInt64	65536	r
    group_by_two_level_threshold	UInt64	100000	h
    group_by_two_level_threshold_bytes	UInt64	50000000	h
    group_by_use_nulls	Bool	0	r
    h3togeo_lon_lat_result_order	Bool	0	r
    handle_kafka_error_mode	StreamingHandleErrorMode	default	o
    handshake_timeout_ms	Milliseconds	10000	h
    hdfs_create_new_file_on_insert	Bool	0	h
    hdfs_ignore_file_doesnt_exist	Bool	0	h
    hdfs_replication	UInt64	0	h
    hdfs_skip_empty_files	Bool	0	h
    hdfs_throw_on_zero_files_match	Bool	0	h
    hdfs_truncate_on_insert	Bool	0	h
    hedged_connection_timeout_ms	Milliseconds	50	h
    highlight_max_matches_per_row	UInt64	10000	r
    hnsw_candidate_list_size_for_search	UInt64	256	r
    hsts_max_age	UInt64	0	r
    http_allow_database_as_path	Bool	0	h		Settled by the request or the connection.
    http_allow_filters_as_path	Bool	0	h		Settled by the request or the connection.
    http_allow_filters_as_unrecognized_url_parameters	Bool	0	h		Settled by the request or the connection.
    http_allow_table_as_file	Bool	0	h		Settled by the request or the connection.
    http_connection_timeout	Seconds	1	h		Settled by the request or the connection.
    http_headers_progress_interval_ms	UInt64	100	a
    http_headers_read_timeout	Seconds	30	h		Settled by the request or the connection.
    http_make_head_request	Bool	1	h		Settled by the request or the connection.
    http_max_chunk_size	UInt64	107374182400	h		Settled by the request or the connection.
    http_max_field_name_size	UInt64	4096	h		Settled by the request or the connection.
    http_max_field_value_size	UInt64	131072	h		Settled by the request or the connection.
    http_max_fields	UInt64	1000	h		Settled by the request or the connection.
    http_max_multipart_form_data_size	UInt64	1073741824	h		Settled by the request or the connection.
    http_max_request_header_size	UInt64	10485760	h		Settled by the request or the connection.
    http_max_request_param_data_size	UInt64	10485760	h		Settled by the request or the connection.
    http_max_tries	UInt64	10	h		Settled by the request or the connection.
    http_max_uri_size	UInt64	1048576	h		Settled by the request or the connection.
    http_native_compression_disable_checksumming_on_decompress	Bool	0	h		Settled by the request or the connection.
    http_receive_timeout	Seconds	30	h		Settled by the request or the connection.
    http_response_buffer_size	UInt64	0	h		Settled by the request or the connection.
    http_response_headers	Map	{}	r
    http_retry_initial_backoff_ms	UInt64	100	h		Settled by the request or the connection.
    http_retry_max_backoff_ms	UInt64	10000	h		Settled by the request or the connection.
    http_send_timeout	Seconds	30	h		Settled by the request or the connection.
    http_skip_not_found_url_for_globs	Bool	1	h		Settled by the request or the connection.
    http_wait_end_of_query	Bool	0	h		Settled by the request or the connection.
    http_write_exception_in_output_format	Bool	0	a		Errors of a statement in the JSON formats that have a place for them.
    http_zlib_compression_level	Int64	3	h		Settled by the request or the connection.
    iceberg_compaction_commit_batch_size	UInt64	100	h
    iceberg_compaction_data_cleanup	Seconds	10800	h
    iceberg_compaction_delay_bias	Seconds	10800	h
    iceberg_compaction_max_bytes_in_data_file	UInt64	536870912	h
    iceberg_compaction_max_rows_in_data_file	UInt64	18446744073709551615	h
    iceberg_data_file_size_lower_threshold_compaction	UInt64	402653184	h
    iceberg_data_file_size_upper_threshold_compaction	UInt64	966367641	h
    iceberg_delete_data_on_drop	Bool	0	h
    iceberg_delete_manifest_decode_concurrency	NonZeroUInt64	4	s	iceberg_manifest_decode_concurrency
    iceberg_engine_ignore_schema_evolution	Bool	0	h
    iceberg_expire_default_max_ref_age_ms	Int64	9223372036854775807	h
    iceberg_expire_default_max_snapshot_age_ms	Int64	432000000	h
    iceberg_expire_default_min_snapshots_to_keep	Int64	1	h
    iceberg_file_entries_queue_size	NonZeroUInt64	100	h
    iceberg_insert_max_bytes_in_data_file	UInt64	536870912	h
    iceberg_insert_max_partitions	UInt64	100	h
    iceberg_insert_max_rows_in_data_file	UInt64	1000000	h
    iceberg_manifest_decode_concurrency	NonZeroUInt64	4	h
    iceberg_manifest_min_count_to_compact	UInt64	100	h
    iceberg_max_number_datafiles_to_compact	UInt64	1000	h
    iceberg_metadata_compression_method	String		h
    iceberg_metadata_log_level	IcebergMetadataLogLevel	none	h
    iceberg_metadata_staleness_ms	UInt64	0	h
    iceberg_orphan_files_older_than_seconds	UInt64	259200	h
    iceberg_snapshot_id	Int64	0	h
    iceberg_timestamp_ms	Int64	0	h
    idle_connection_timeout	UInt64	3600	h
    ignore_cold_parts_seconds	Int64	0	r
    ignore_data_skipping_indices	String		r
    ignore_drop_queries_probability	Float	0	r
    ignore_format_null_for_explain	Bool	1	r
    ignore_materialized_views_with_dropped_target_table	Bool	0	r
    ignore_on_cluster_for_replicated_access_entities_queries	Bool	0	r
    ignore_on_cluster_for_replicated_database	Bool	0	r
    ignore_on_cluster_for_replicated_handler_queries	Bool	0	r
    ignore_on_cluster_for_replicated_named_collections_queries	Bool	0	r
    ignore_on_cluster_for_replicated_udf_queries	Bool	0	r
    implicit_select	Bool	0	r
    implicit_table_at_top_level	String		r
    implicit_transaction	Bool	0	r
    inject_random_order_for_select_without_order_by	Bool	0	r
    input_format	String		r
    input_format_allow_errors_num	UInt64	0	r
    input_format_allow_errors_ratio	Float	0	r
    input_format_allow_seeks	Bool	1	r
    input_format_arrow_allow_missing_columns	Bool	1	h
    input_format_arrow_case_insensitive_column_matching	Bool	0	h
    input_format_arrow_import_nested	Bool	0	h
    input_format_arrow_skip_columns_with_unsupported_types_in_schema_inference	Bool	0	h
    input_format_arrow_use_native_reader	Bool	1	h
    input_format_avro_allow_missing_fields	Bool	0	h
    input_format_avro_null_as_default	Bool	0	h
    input_format_binary_decode_types_in_binary_format	Bool	0	r
    input_format_binary_max_type_complexity	UInt64	1000	r
    input_format_binary_read_json_as_string	Bool	0	h		There is no JSON type.
    input_format_bson_skip_fields_with_unsupported_types_in_schema_inference	Bool	0	h
    input_format_capn_proto_skip_fields_with_unsupported_types_in_schema_inference	Bool	0	h
    input_format_column_name_matching_mode	InputFormatColumnMatchingCaseSensitivity	auto	r
    input_format_connection_handling	Bool	0	r
    input_format_csv_allow_cr_end_of_line	Bool	0	r
    input_format_csv_allow_variable_number_of_columns	Bool	0	r
    input_format_csv_allow_whitespace_or_tab_as_delimiter	Bool	0	r
    input_format_csv_arrays_as_nested_csv	Bool	0	r
    input_format_csv_deserialize_separate_columns_into_tuple	Bool	1	r
    input_format_csv_detect_header	Bool	1	a
    input_format_csv_empty_as_default	Bool	1	r
    input_format_csv_enum_as_number	Bool	0	r
    input_format_csv_missing_nullable_as_empty_string	Bool	0	r
    input_format_csv_skip_first_lines	UInt64	0	a
    input_format_csv_skip_trailing_empty_lines	Bool	0	r
    input_format_csv_trim_whitespaces	Bool	1	r
    input_format_csv_try_infer_numbers_from_strings	Bool	0	r
    input_format_csv_try_infer_strings_from_quoted_tuples	Bool	1	r
    input_format_csv_use_best_effort_in_schema_inference	Bool	1	r
    input_format_csv_use_default_on_bad_values	Bool	0	r
    input_format_custom_allow_variable_number_of_columns	Bool	0	r
    input_format_custom_detect_header	Bool	1	r
    input_format_custom_skip_trailing_empty_lines	Bool	0	r
    input_format_defaults_for_omitted_fields	Bool	1	a
    input_format_force_null_for_omitted_fields	Bool	0	r
    input_format_geojson_unsupported_geometry_handling	GeoJSONUnsupportedGeometryHandling	throw	r
    input_format_hive_text_allow_variable_number_of_columns	Bool	1	h
    input_format_hive_text_collection_items_delimiter	Char	\x02	h
    input_format_hive_text_fields_delimiter	Char	\x01	h
    input_format_hive_text_map_keys_delimiter	Char	\x03	h
    input_format_import_nested_json	Bool	0	r
    input_format_ipv4_default_on_conversion_error	Bool	0	r
    input_format_ipv6_default_on_conversion_error	Bool	0	r
    input_format_json_compact_allow_variable_number_of_columns	Bool	0	r
    input_format_json_defaults_for_missing_elements_in_named_tuple	Bool	1	r
    input_format_json_empty_as_default	Bool	0	r
    input_format_json_ignore_unknown_keys_in_named_tuple	Bool	1	r
    input_format_json_ignore_unnecessary_fields	Bool	1	r
    input_format_json_infer_array_of_dynamic_from_array_of_different_types	Bool	1	r
    input_format_json_infer_incomplete_types_as_strings	Bool	1	r
    input_format_json_map_as_array_of_tuples	Bool	0	r
    input_format_json_max_depth	UInt64	1000	r
    input_format_json_max_object_size	UInt64	536870912	r
    input_format_json_max_string_column_growth_step	UInt64	0	r
    input_format_json_named_tuples_as_objects	Bool	1	r
    input_format_json_read_arrays_as_strings	Bool	1	r
    input_format_json_read_bools_as_numbers	Bool	1	r
    input_format_json_read_bools_as_strings	Bool	1	r
    input_format_json_read_numbers_as_strings	Bool	1	r
    input_format_json_read_objects_as_strings	Bool	1	r
    input_format_json_throw_on_bad_escape_sequence	Bool	1	r
    input_format_json_try_infer_named_tuples_from_objects	Bool	1	r
    input_format_json_try_infer_numbers_from_strings	Bool	0	r
    input_format_json_use_string_type_for_ambiguous_paths_in_named_tuples_inference_from_objects	Bool	0	r
    input_format_json_validate_types_from_metadata	Bool	1	r
    input_format_max_block_size_bytes	UInt64	0	r
    input_format_max_block_wait_ms	UInt64	0	r
    input_format_max_bytes_to_read_for_schema_inference	UInt64	33554432	r
    input_format_max_rows_to_read_for_schema_inference	UInt64	25000	r
    input_format_msgpack_number_of_columns	UInt64	0	h
    input_format_mysql_dump_map_column_names	Bool	1	h
    input_format_mysql_dump_table_name	String		h
    input_format_native_allow_types_conversion	Bool	1	r
    input_format_native_decode_types_in_binary_format	Bool	0	r
    input_format_null_as_default	Bool	1	a
    input_format_orc_allow_missing_columns	Bool	1	h
    input_format_orc_case_insensitive_column_matching	Bool	0	h
    input_format_orc_dictionary_as_low_cardinality	Bool	1	h
    input_format_orc_filter_push_down	Bool	1	h
    input_format_orc_import_nested	Bool	0	h
    input_format_orc_reader_time_zone_name	String	GMT	h
    input_format_orc_row_batch_size	Int64	100000	h
    input_format_orc_skip_columns_with_unsupported_types_in_schema_inference	Bool	0	h
    input_format_orc_use_fast_decoder	Bool	1	h
    input_format_parallel_parsing	Bool	1	h
    input_format_parquet_allow_geoparquet_parser	Bool	1	h
    input_format_parquet_allow_missing_columns	Bool	1	h
    input_format_parquet_bloom_filter_push_down	Bool	1	h
    input_format_parquet_case_insensitive_column_matching	Bool	0	h
    input_format_parquet_dictionary_filter_push_down	UInt64	1048576	h
    input_format_parquet_enable_json_parsing	Bool	1	h
    input_format_parquet_enable_row_group_prefetch	Bool	1	h
    input_format_parquet_filter_push_down	Bool	1	h
    input_format_parquet_import_nested	Bool	0	h
    input_format_parquet_local_file_min_bytes_for_seek	UInt64	8192	h
    input_format_parquet_local_time_as_utc	Bool	1	h
    input_format_parquet_max_block_size	NonZeroUInt64	65409	h
    input_format_parquet_memory_high_watermark	UInt64	4294967296	h
    input_format_parquet_memory_low_watermark	UInt64	2097152	h
    input_format_parquet_page_filter_push_down	Bool	1	h
    input_format_parquet_prefer_block_bytes	UInt64	16744704	h
    input_format_parquet_preserve_order	Bool	0	h
    input_format_parquet_skip_columns_with_unsupported_types_in_schema_inference	Bool	0	h
    input_format_parquet_spatial_filter_push_down	Bool	1	h
    input_format_parquet_use_native_reader	Bool	0	h
    input_format_parquet_use_native_reader_v3	Bool	1	h
    input_format_parquet_use_offset_index	Bool	1	h
    input_format_parquet_verify_checksums	Bool	1	h
    input_format_protobuf_flatten_google_wrappers	Bool	0	h
    input_format_protobuf_oneof_presence	Bool	0	h
    input_format_protobuf_skip_fields_with_unsupported_types_in_schema_inference	Bool	0	h
    input_format_read_datetime_number_as_raw_value	Bool	0	r
    input_format_record_errors_file_path	String		r
    input_format_skip_unknown_fields	Bool	1	a
    input_format_try_infer_dates	Bool	1	r
    input_format_try_infer_datetimes	Bool	1	r
    input_format_try_infer_datetimes_only_datetime64	Bool	0	r
    input_format_try_infer_exponent_floats	Bool	0	r
    input_format_try_infer_integers	Bool	1	r
    input_format_try_infer_variants	Bool	0	r
    input_format_tsv_allow_variable_number_of_columns	Bool	0	r
    input_format_tsv_crlf_end_of_line	Bool	0	r
    input_format_tsv_detect_header	Bool	1	a
    input_format_tsv_empty_as_default	Bool	0	a
    input_format_tsv_enum_as_number	Bool	0	r
    input_format_tsv_skip_first_lines	UInt64	0	a
    input_format_tsv_skip_trailing_empty_lines	Bool	0	r
    input_format_tsv_use_best_effort_in_schema_inference	Bool	1	r
    input_format_values_accurate_types_of_literals	Bool	1	r
    input_format_values_deduce_templates_of_expressions	Bool	1	r
    input_format_values_interpret_expressions	Bool	1	r
    input_format_with_names_use_header	Bool	1	a
    input_format_with_types_use_header	Bool	1	a
    insert_acknowledge	String	disk	a		Tickbase's own: 'disk' answers an INSERT when it survives a loss of power, 'os' when it survives a kill of the server.
    insert_allow_materialized_columns	Bool	0	r
    insert_deduplicate	Bool	1	a		0: an INSERT is stored whatever it is known by, and nothing is remembered of it.
    insert_deduplication_token	String		a		An INSERT with a token that the table knows stores nothing.
    insert_distributed_one_random_shard	Bool	0	h
    insert_distributed_sync	Bool	0	s	distributed_foreground_insert
    insert_distributed_timeout	UInt64	0	s	distributed_background_insert_timeout
    insert_keeper_fault_injection_probability	Float	0	r
    insert_keeper_fault_injection_seed	UInt64	0	r
    insert_keeper_max_retries	UInt64	20	r
    insert_keeper_retry_initial_backoff_ms	UInt64	100	r
    insert_keeper_retry_max_backoff_ms	UInt64	10000	r
    insert_null_as_default	Bool	1	r
    insert_producer	String		a		Tickbase's own: who sends the INSERT. One with a sequence that is not above the last of this producer stores nothing.
    insert_quorum	UInt64Auto	0	h		There is one server.
    insert_quorum_parallel	Bool	1	h		There is one server.
    insert_quorum_timeout	Milliseconds	600000	h		There is one server.
    insert_select_deduplicate	BoolAuto	auto	o
    insert_sequence	UInt64	0	a		Tickbase's own: the number of the INSERT among those of its producer, from 1 on.
    insert_shard_id	UInt64	0	r
    interactive_delay	UInt64	100000	h
    intersect_default_mode	SetOperationMode	ALL	r
    interval_output_format	IntervalOutputFormat	numeric	r
    into_outfile_create_parent_directories	Bool	0	r
    jemalloc_collect_profile_samples_in_trace_log	Bool	0	r
    jemalloc_enable_profiler	Bool	0	r
    jemalloc_profile_text_collapsed_use_count	Bool	0	r
    jemalloc_profile_text_output_format	JemallocProfileFormat	collapsed	r
    jemalloc_profile_text_symbolize_with_inline	Bool	1	r
    join_algorithm	JoinAlgorithm	direct,parallel_hash,hash,ie_join	h		Joins are chosen here; the answer is the same.
    join_any_take_last_row	Bool	0	r
    join_default_strictness	JoinStrictness	ALL	r
    join_on_disk_max_files_to_merge	UInt64	64	r
    join_output_by_rowlist_perkey_rows_threshold	UInt64	5	h
    join_overflow_mode	OverflowMode	throw	a
    join_runtime_bloom_filter_bytes	UInt64	524288	r
    join_runtime_bloom_filter_hash_functions	UInt64	3	r
    join_runtime_bloom_filter_max_ratio_of_set_bits	Double	0.7	r
    join_runtime_filter_blocks_to_skip_before_reenabling	UInt64	30	r
    join_runtime_filter_exact_values_limit	UInt64	10000	r
    join_runtime_filter_from_fixed_hash_table	Bool	1	r
    join_runtime_filter_min_probe_rows	UInt64	1000	r
    join_runtime_filter_pass_ratio_threshold_for_disabling	Double	0.7	r
    join_runtime_filter_size_from_hash_table_stats	Bool	1	r
    join_to_sort_maximum_table_rows	UInt64	10000	r
    join_to_sort_minimum_perkey_rows	UInt64	40	r
    join_use_nulls	Bool	0	a
    joined_block_split_single_row	Bool	0	r
    joined_subquery_requires_alias	Bool	1	r
    json_type_escape_dots_in_keys	Bool	0	r
    kafka_disable_num_consumers_limit	Bool	0	h
    kafka_max_wait_ms	Milliseconds	5000	h
    keeper_map_strict_mode	Bool	0	h
    keeper_max_retries	UInt64	10	h
    keeper_retry_initial_backoff_ms	UInt64	100	h
    keeper_retry_max_backoff_ms	UInt64	5000	h
    least_greatest_legacy_null_behavior	Bool	0	r
    legacy_column_name_of_tuple_literal	Bool	0	r
    lightweight_delete_mode	LightweightDeleteMode	alter_update	r
    lightweight_deletes_sync	UInt64	2	h
    lightweight_mutation_projection_mode	LightweightMutationProjectionMode	throw	o
    limit	Double	0	a
    live_view_heartbeat_interval	Seconds	15	o
    load_balancing	LoadBalancing	random	h
    load_balancing_first_offset	UInt64	0	h
    load_marks_asynchronously	Bool	1	r
    local_filesystem_read_method	String	pread_threadpool	h
    local_filesystem_read_prefetch	Bool	0	h
    lock_acquire_timeout	Seconds	120	r
    log_comment	String		a
    log_formatted_queries	Bool	0	h		What is logged does not change an answer.
    log_processors_profiles	Bool	1	h		What is logged does not change an answer.
    log_profile_events	Bool	1	h		What is logged does not change an answer.
    log_queries	Bool	1	a
    log_queries_cut_to_length	UInt64	100000	h		What is logged does not change an answer.
    log_queries_min_query_duration_ms	Milliseconds	0	h		What is logged does not change an answer.
    log_queries_min_type	LogQueriesType	QUERY_START	h		What is logged does not change an answer.
    log_queries_probability	Float	1	h		What is logged does not change an answer.
    log_query_settings	Bool	1	h		What is logged does not change an answer.
    log_query_threads	Bool	0	h		What is logged does not change an answer.
    log_query_views	Bool	1	h		What is logged does not change an answer.
    low_cardinality_allow_in_native_format	Bool	1	h
    low_cardinality_max_dictionary_size	UInt64	8192	h
    low_cardinality_use_single_dictionary_for_part	Bool	0	h
    low_priority_query_wait_time_ms	Milliseconds	1000	r
    make_distributed_plan	Bool	0	r
    materialize_skip_indexes_on_insert	Bool	1	r
    materialize_statistics_on_insert	Bool	1	r
    materialize_statistics_on_insert_max_table_size	UInt64	26843545600	r
    materialize_ttl_after_modify	Bool	1	r
    materialized_views_ignore_errors	Bool	0	r
    materialized_views_populate_atomically	Bool	1	r
    materialized_views_squash_parallel_inserts	Bool	1	r
    max_alter_threads	MaxThreads	auto(2)	h
    max_analyze_depth	UInt64	5000	r
    max_ast_depth	UInt64	1000	r
    max_ast_elements	UInt64	50000	r
    max_autoincrement_series	UInt64	1000	r
    max_backup_bandwidth	UInt64	0	r
    max_block_size	NonZeroUInt64	65409	h		Batches have a size of their own.
    max_bytes_before_external_distinct	UInt64	0	a		Bytes that DISTINCT may hold before it puts rows aside in files; 0: by the ratio.
    max_bytes_before_external_group_by	UInt64	0	a		Bytes that GROUP BY may hold before it puts rows aside in files; 0: by the ratio.
    max_bytes_before_external_join	UInt64	0	a		Bytes that the right side of a join may hold before both sides are put aside in files; 0: by the ratio.
    max_bytes_before_external_sort	UInt64	0	a		Bytes that ORDER BY may hold before it puts rows aside in files; 0: by the ratio.
    max_bytes_before_remerge_sort	UInt64	1000000000	h
    max_bytes_for_lazy_final	UInt64	256000000	r
    max_bytes_in_distinct	UInt64	0	a
    max_bytes_in_join	UInt64	0	a
    max_bytes_in_set	UInt64	0	a
    max_bytes_ratio_before_external_distinct	Double	0.5	a		The same as a share of max_memory_usage.
    max_bytes_ratio_before_external_group_by	Double	0.5	a		The same as a share of max_memory_usage.
    max_bytes_ratio_before_external_join	Double	0.5	a		The same as a share of max_memory_usage.
    max_bytes_ratio_before_external_sort	Double	0.5	a		The same as a share of max_memory_usage.
    max_bytes_to_read	UInt64	0	a
    max_bytes_to_read_leaf	UInt64	0	r
    max_bytes_to_sort	UInt64	0	a
    max_bytes_to_transfer	UInt64	0	r
    max_columns_to_read	UInt64	0	r
    max_compress_block_size	UInt64	1048576	r
    max_concurrent_queries_for_all_users	UInt64	0	r
    max_concurrent_queries_for_user	UInt64	0	r
    max_consume_snapshots	UInt64	0	r
    max_distributed_connections	UInt64	1024	r
    max_distributed_depth	UInt64	5	r
    max_download_buffer_size	UInt64	10485760	h
    max_download_threads	MaxThreads	4	h
    max_dynamic_subcolumns_in_json_type_parsing	UInt64Auto	auto	r
    max_entries_for_hash_table_stats	UInt64	10000	o
    max_estimated_execution_time	Seconds	0	r
    max_execution_speed	UInt64	0	r
    max_execution_speed_bytes	UInt64	0	r
    max_execution_time	Seconds	0	a
    max_execution_time_leaf	Seconds	0	r
    max_expanded_ast_elements	UInt64	500000	r
    max_fetch_partition_retries_count	UInt64	5	r
    max_final_threads	MaxThreads	auto(2)	h
    max_http_get_redirects	UInt64	0	r
    max_hyperscan_regexp_length	UInt64	0	r
    max_hyperscan_regexp_total_length	UInt64	0	r
    max_insert_block_size	NonZeroUInt64	1048449	h
    max_insert_block_size_bytes	UInt64	0	h
    max_insert_block_size_rows	NonZeroUInt64	1048449	s	max_insert_block_size
    max_insert_delayed_streams_for_parallel_write	UInt64	0	r
    max_insert_threads	MaxThreads	auto(2)	h
    max_insert_threads_min_free_memory_per_thread	UInt64	4294967296	r
    max_joined_block_size_bytes	UInt64	4194304	r
    max_joined_block_size_rows	UInt64	65409	r
    max_limit_for_ann_queries	Int64	-1	o
    max_limit_for_vector_search_queries	UInt64	1000	r
    max_live_view_insert_blocks_before_refresh	UInt64	64	o
    max_local_read_bandwidth	UInt64	0	r
    max_local_write_bandwidth	UInt64	0	r
    max_memory_usage	UInt64	4294967296	a		Bytes that one statement may hold; 0 is no limit. The default protects the server.
    max_memory_usage_for_all_queries	UInt64	0	o
    max_memory_usage_for_user	UInt64	0	r
    max_network_bandwidth	UInt64	0	r
    max_network_bandwidth_for_all_users	UInt64	0	r
    max_network_bandwidth_for_user	UInt64	0	r
    max_network_bytes	UInt64	0	r
    max_number_of_partitions_for_independent_aggregation	UInt64	128	r
    max_number_of_partitions_for_independent_distinct	UInt64	128	r
    max_number_of_partitions_for_independent_window	UInt64	128	r
    max_os_cpu_wait_time_ratio_to_throw	Float	0	r
    max_parallel_replicas	NonZeroUInt64	1000	h
    max_parser_backtracks	UInt64	1000000	r
    max_parser_depth	UInt64	1000	r
    max_parsing_threads	MaxThreads	auto(2)	h
    max_partition_size_to_drop	UInt64	50000000000	r
    max_partitions_per_insert_block	UInt64	100	r
    max_partitions_to_read	Int64	-1	r
    max_parts_to_move	UInt64	1000	r
    max_pipeline_depth	UInt64	0	o
    max_projection_rows_to_use_projection_index	UInt64	1000000	r
    max_query_size	UInt64	262144	h		The parser has a limit of its own.
    max_rand_distribution_parameter	Float	1000000	r
    max_rand_distribution_trials	UInt64	1000000000	r
    max_read_buffer_size	NonZeroUInt64	1048576	h
    max_read_buffer_size_local_fs	UInt64	131072	h
    max_read_buffer_size_remote_fs	UInt64	0	h
    max_recursive_cte_evaluation_depth	UInt64	1000	r
    max_remote_read_network_bandwidth	UInt64	0	r
    max_remote_read_network_bandwidth_for_server	UInt64	0	o
    max_remote_write_network_bandwidth	UInt64	0	r
    max_remote_write_network_bandwidth_for_server	UInt64	0	o
    max_replica_delay_for_distributed_queries	UInt64	300	h
    max_replicated_fetches_network_bandwidth_for_server	UInt64	0	o
    max_replicated_sends_network_bandwidth_for_server	UInt64	0	o
    max_result_bytes	UInt64	0	a
    max_result_rows	UInt64	0	a
    max_reverse_dictionary_lookup_cache_size_bytes	UInt64	104857600	r
    max_rows_for_lazy_final	UInt64	10000000	r
    max_rows_in_distinct	UInt64	0	a
    max_rows_in_join	UInt64	0	a
    max_rows_in_set	UInt64	0	a
    max_rows_in_set_to_optimize_join	UInt64	0	r
    max_rows_to_group_by	UInt64	0	a
    max_rows_to_read	UInt64	0	a
    max_rows_to_read_leaf	UInt64	0	r
    max_rows_to_sort	UInt64	0	a
    max_rows_to_transfer	UInt64	0	r
    max_sessions_for_user	UInt64	0	r
    max_size_to_preallocate_for_aggregation	UInt64	1000000000000	h
    max_size_to_preallocate_for_joins	UInt64	1000000000000	h
    max_skip_unavailable_shards_num	UInt64	0	r
    max_skip_unavailable_shards_ratio	Float	0	r
    max_streams_for_files_processing_in_cluster_functions	UInt64	0	h
    max_streams_for_merge_tree_reading	UInt64	0	h
    max_streams_for_union_step	UInt64	0	h
    max_streams_for_union_step_to_max_threads_ratio	Float	8	h
    max_streams_multiplier_for_merge_tables	Float	5	h
    max_streams_to_max_threads_ratio	Float	1	h
    max_subquery_depth	UInt64	100	r
    max_table_size_to_drop	UInt64	50000000000	r
    max_temporary_columns	UInt64	0	r
    max_temporary_data_on_disk_size_for_query	UInt64	0	a		Bytes of such files; 0 is no limit.
    max_temporary_data_on_disk_size_for_user	UInt64	0	r
    max_temporary_non_const_columns	UInt64	0	r
    max_threads	MaxThreads	auto	a		0 or auto: all that the server has.
    max_threads_for_annoy_index_creation	UInt64	4	o
    max_threads_for_indexes	UInt64	0	r
    max_threads_min_free_memory_per_thread	UInt64	1073741824	r
    max_untracked_memory	UInt64	4194304	h
    max_wkb_geometry_elements	UInt64	1000000	r
    memory_overcommit_ratio_denominator	UInt64	1073741824	r
    memory_overcommit_ratio_denominator_for_user	UInt64	1073741824	r
    memory_profiler_sample_max_allocation_size	UInt64	0	h
    memory_profiler_sample_min_allocation_size	UInt64	0	h
    memory_profiler_sample_probability	Float	0	h
    memory_profiler_step	UInt64	4194304	h
    memory_tracker_fault_probability	Float	0	r
    memory_usage_overcommit_max_wait_microseconds	UInt64	5000000	r
    merge_table_max_tables_to_look_for_schema_inference	UInt64	1000	r
    merge_tree_clear_old_parts_interval_seconds	UInt64	1	h
    merge_tree_clear_old_temporary_directories_interval_seconds	UInt64	60	h
    merge_tree_coarse_index_granularity	UInt64	8	h
    merge_tree_compact_parts_min_granules_to_multibuffer_read	UInt64	16	h
    merge_tree_determine_task_size_by_prewhere_columns	Bool	1	h
    merge_tree_generic_exclusion_search_max_steps	UInt64	0	h
    merge_tree_max_bytes_to_use_cache	UInt64	2013265920	h
    merge_tree_max_rows_to_use_cache	UInt64	1048576	h
    merge_tree_min_bytes_for_concurrent_read	UInt64	251658240	h
    merge_tree_min_bytes_for_concurrent_read_for_remote_filesystem	UInt64	0	h
    merge_tree_min_bytes_for_seek	UInt64	0	h
    merge_tree_min_bytes_per_read_stream	UInt64	65536	h
    merge_tree_min_bytes_per_task_for_remote_reading	UInt64	2097152	h
    merge_tree_min_read_task_size	NonZeroUInt64	8	h
    merge_tree_min_rows_for_concurrent_read	UInt64	163840	h
    merge_tree_min_rows_for_concurrent_read_for_remote_filesystem	UInt64	0	h
    merge_tree_min_rows_for_seek	UInt64	0	h
    merge_tree_prefetch_json_shared_data_substreams	Bool	1	h
    merge_tree_read_split_ranges_into_intersecting_and_non_intersecting_injection_probability	Float	0	h
    merge_tree_storage_snapshot_sleep_ms	UInt64	0	h
    merge_tree_use_const_size_tasks_for_remote_reading	Bool	1	h
    merge_tree_use_deserialization_prefixes_cache	Bool	1	h
    merge_tree_use_prefixes_deserialization_thread_pool	Bool	1	h
    merge_tree_use_v1_object_and_dynamic_serialization	Bool	0	h
    metrics_perf_events_enabled	Bool	0	r
    metrics_perf_events_list	String		r
    min_bytes_to_use_direct_io	UInt64	0	h
    min_bytes_to_use_mmap_io	UInt64	0	h
    min_chunk_bytes_for_parallel_parsing	NonZeroUInt64	10485760	r
    min_compress_block_size	UInt64	65536	r
    min_count_to_compile_aggregate_expression	UInt64	3	h
    min_count_to_compile_expression	UInt64	3	h
    min_count_to_compile_regular_expression	UInt64	3	h
    min_count_to_compile_sort_description	UInt64	3	h
    min_execution_speed	UInt64	0	r
    min_execution_speed_bytes	UInt64	0	r
    min_external_sort_block_bytes	UInt64	104857600	o
    min_external_table_block_size_bytes	UInt64	268402944	r
    min_external_table_block_size_rows	UInt64	1048449	r
    min_filtered_ratio_for_lazy_final	Float	0.5	r
    min_free_disk_bytes_to_perform_insert	UInt64	0	r
    min_free_disk_ratio_to_perform_insert	Float	0	r
    min_free_disk_space_for_temporary_data	UInt64	0	r
    min_hit_rate_to_use_consecutive_keys_optimization	Float	0.5	r
    min_insert_block_size_bytes	UInt64	268402944	h
    min_insert_block_size_bytes_for_materialized_views	UInt64	0	h
    min_insert_block_size_rows	UInt64	1048449	h
    min_insert_block_size_rows_for_materialized_views	UInt64	0	h
    min_joined_block_size_bytes	UInt64	524288	r
    min_joined_block_size_rows	UInt64	65409	r
    min_os_cpu_wait_time_ratio_to_throw	Float	0	r
    min_outstreams_per_resize_after_split	UInt64	24	r
    min_rows_ratio_for_hash_join_row_store	Double	5	r
    min_table_rows_to_use_projection_index	UInt64	1000000	r
    mongodb_throw_on_unsupported_query	Bool	1	h
    move_all_conditions_to_prewhere	Bool	1	h
    move_primary_key_columns_to_end_of_prewhere	Bool	1	h
    multiple_joins_rewriter_version	UInt64	0	o
    multiple_joins_try_to_keep_original_names	Bool	0	r
    mutations_execute_nondeterministic_on_initiator	Bool	0	r
    mutations_execute_subqueries_on_initiator	Bool	0	r
    mutations_max_literal_size_to_replace	UInt64	16384	r
    mutations_sync	UInt64	1	h
    mysql_datatypes_support_level	MySQLDataTypesSupport	decimal,datetime64,date2Date32,geometry	h
    mysql_map_fixed_string_to_text_in_show_columns	Bool	1	h
    mysql_map_string_to_text_in_show_columns	Bool	1	h
    mysql_max_rows_to_insert	UInt64	65536	h
    network_compression_method	String	ZSTD	h
    network_zstd_compression_level	Int64	3	h
    normalize_function_names	Bool	1	r
    number_of_mutations_to_delay	UInt64	0	r
    number_of_mutations_to_throw	UInt64	0	r
    odbc_bridge_connection_pool_size	UInt64	16	h
    odbc_bridge_use_connection_pooling	Bool	1	h
    odbc_max_field_size	UInt64	0	h
    offset	Double	0	a
    opentelemetry_start_keeper_trace_probability	FloatAuto	auto	h
    opentelemetry_start_trace_probability	Float	0	h
    opentelemetry_trace_cpu_scheduling	Bool	0	h
    opentelemetry_trace_processors	Bool	0	h
    optimize_aggregation_in_order	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_aggregation_in_order_limit	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_aggregators_of_group_by_keys	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_and_compare_chain	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_and_compare_chain_max_hash_work	UInt64	5000000	h		How a query runs is decided here; its answer is the same.
    optimize_append_index	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_arithmetic_operations_in_aggregate_functions	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_const_name_size	Int64	256	h		How a query runs is decided here; its answer is the same.
    optimize_count_from_files	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_dictget_tuple_element	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_distinct_in_order	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_distributed_group_by_sharding_key	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_dry_run_check_part	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_duplicate_order_by_and_distinct	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_empty_string_comparisons	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_extract_common_expressions	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_functions_to_subcolumns	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_fuse_sum_count_avg	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_group_by_constant_keys	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_group_by_function_keys	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_if_chain_to_multiif	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_if_transform_strings_to_enum	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_injective_functions_in_group_by	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_injective_functions_in_limit_by	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_injective_functions_inside_uniq	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_inverse_dictionary_lookup	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_limit_by_function_keys	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_limit_by_in_order	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_min_equality_disjunction_chain_length	UInt64	3	h		How a query runs is decided here; its answer is the same.
    optimize_min_inequality_conjunction_chain_length	UInt64	3	h		How a query runs is decided here; its answer is the same.
    optimize_monotonous_functions_in_order_by	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_move_functions_out_of_any	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_move_to_prewhere	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_move_to_prewhere_if_final	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_multiif_to_if	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_mutations_with_partition_pruning	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_normalize_count_variants	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_on_insert	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_or_like_chain	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_or_like_chain_min_patterns	UInt64	10	h		How a query runs is decided here; its answer is the same.
    optimize_or_like_chain_min_substrings	UInt64	4	h		How a query runs is decided here; its answer is the same.
    optimize_prewhere_after_pushdown	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_qbit_distance_function_reads	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_read_in_order	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_read_in_reverse_order_final	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_read_in_window_order	Bool	0	s	query_plan_reuse_storage_ordering_for_window_functions
    optimize_redundant_comparisons	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_redundant_functions_in_order_by	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_respect_aliases	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_rewrite_aggregate_function_with_if	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_rewrite_array_exists_to_has	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_rewrite_has_to_in	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_rewrite_like_perfect_affix	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_rewrite_regexp_functions	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_rewrite_sum_if_to_count_if	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_skip_merged_partitions	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_skip_unused_shards	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_skip_unused_shards_limit	UInt64	1000	h		How a query runs is decided here; its answer is the same.
    optimize_skip_unused_shards_nesting	UInt64	0	h		How a query runs is decided here; its answer is the same.
    optimize_skip_unused_shards_rewrite_in	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_sorting_by_input_stream_properties	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_substitute_columns	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_syntax_fuse_functions	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_throw_if_noop	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_time_filter_with_preimage	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_trivial_approximate_count_query	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_trivial_count_query	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_trivial_count_with_sparsity_filter	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_trivial_group_by_limit_query	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_trivial_insert_select	Bool	0	h		How a query runs is decided here; its answer is the same.
    optimize_trivial_view_pushdown_to_distributed	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_truncate_order_by_after_group_by_keys	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_uniq_to_count	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_use_implicit_projections	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_use_projection_filtering	Bool	1	h		How a query runs is decided here; its answer is the same.
    optimize_use_projections	Bool	1	a		0: GROUP BY reads rows where it could take partial candles. The answer is the same.
    optimize_using_constraints	Bool	0	h		How a query runs is decided here; its answer is the same.
    order	String		r
    os_thread_priority	Int32	0	s	os_threads_nice_value_query
    os_threads_nice_value_materialized_view	Int32	0	h
    os_threads_nice_value_query	Int32	0	h
    output_format	String		r
    output_format_always_write_decimal_point_in_float_and_decimal	Bool	0	r
    output_format_arrow_compression_method	ArrowCompression	lz4_frame	h		There is no Arrow; the format is refused.
    output_format_arrow_date_as_uint16	Bool	0	h		There is no Arrow; the format is refused.
    output_format_arrow_fixed_string_as_fixed_byte_array	Bool	1	h		There is no Arrow; the format is refused.
    output_format_arrow_low_cardinality_as_dictionary	Bool	0	h		There is no Arrow; the format is refused.
    output_format_arrow_parallel_encoding	Bool	1	h		There is no Arrow; the format is refused.
    output_format_arrow_record_batch_size	UInt64	0	h		There is no Arrow; the format is refused.
    output_format_arrow_record_batch_size_bytes	UInt64	0	h		There is no Arrow; the format is refused.
    output_format_arrow_string_as_string	Bool	1	h		There is no Arrow; the format is refused.
    output_format_arrow_unsupported_types_as_binary	Bool	1	h		There is no Arrow; the format is refused.
    output_format_arrow_use_64_bit_indexes_for_dictionary	Bool	0	h		There is no Arrow; the format is refused.
    output_format_arrow_use_native_writer	Bool	1	h		There is no Arrow; the format is refused.
    output_format_arrow_use_signed_indexes_for_dictionary	Bool	1	h		There is no Arrow; the format is refused.
    output_format_arrow_uuid_as_fixed_byte_array	Bool	0	h		There is no Arrow; the format is refused.
    output_format_arrow_variant_as_string	Bool	0	h		There is no Arrow; the format is refused.
    output_format_avro_codec	String		h
    output_format_avro_confluent_subject	String		h
    output_format_avro_rows_in_file	UInt64	1	h
    output_format_avro_string_column_pattern	String		h
    output_format_avro_sync_interval	UInt64	16384	h
    output_format_binary_encode_types_in_binary_format	Bool	0	r
    output_format_binary_write_json_as_string	Bool	0	h		There is no JSON type.
    output_format_bson_string_as_string	Bool	0	h
    output_format_compression_level	UInt64	3	r
    output_format_compression_zstd_window_log	UInt64	0	r
    output_format_csv_crlf_end_of_line	Bool	0	a
    output_format_csv_header_serialize_tuple_into_separate_columns	Bool	1	r
    output_format_csv_serialize_tuple_into_separate_columns	Bool	1	r
    output_format_decimal_trailing_zeros	Bool	0	a
    output_format_enable_streaming	Bool	0	o
    output_format_float_precision	UInt64	0	r
    output_format_image_height	UInt64	1024	r
    output_format_image_streaming_animation	Bool	0	r
    output_format_image_terminal_mode	String		r
    output_format_image_time_divisor_seconds	UInt64	60	r
    output_format_image_time_multiplier_seconds	UInt64	1	r
    output_format_image_width	UInt64	1024	r
    output_format_json_array_of_rows	Bool	0	r
    output_format_json_escape_forward_slashes	Bool	1	a
    output_format_json_map_as_array_of_tuples	Bool	0	r
    output_format_json_named_tuples_as_objects	Bool	1	a
    output_format_json_pretty_print	Bool	1	r
    output_format_json_quote_64bit_floats	Bool	0	r
    output_format_json_quote_64bit_integers	Bool	0	a
    output_format_json_quote_decimals	Bool	0	a
    output_format_json_quote_denormals	Bool	0	a
    output_format_json_skip_null_value_in_named_tuples	Bool	0	r
    output_format_json_validate_utf8	Bool	0	r
    output_format_markdown_escape_special_characters	Bool	0	r
    output_format_msgpack_uuid_representation	MsgPackUUIDRepresentation	ext	h
    output_format_native_encode_types_in_binary_format	Bool	0	r
    output_format_native_use_flattened_dynamic_and_json_serialization	Bool	0	r
    output_format_native_write_json_as_string	Bool	0	r
    output_format_orc_compression_block_size	UInt64	262144	h		There is no ORC; the format is refused.
    output_format_orc_compression_method	ORCCompression	zstd	h		There is no ORC; the format is refused.
    output_format_orc_dictionary_key_size_threshold	Double	0	h		There is no ORC; the format is refused.
    output_format_orc_row_index_stride	UInt64	10000	h		There is no ORC; the format is refused.
    output_format_orc_string_as_string	Bool	1	h		There is no ORC; the format is refused.
    output_format_orc_writer_time_zone_name	String	GMT	h		There is no ORC; the format is refused.
    output_format_parallel_formatting	Bool	1	h
    output_format_parquet_batch_size	NonZeroUInt64	1024	h		There is no Parquet; the format is refused.
    output_format_parquet_bloom_filter_bits_per_value	Double	10.5	h		There is no Parquet; the format is refused.
    output_format_parquet_bloom_filter_flush_threshold_bytes	UInt64	134217728	h		There is no Parquet; the format is refused.
    output_format_parquet_compliant_nested_types	Bool	1	h		There is no Parquet; the format is refused.
    output_format_parquet_compression_method	ParquetCompression	zstd	h		There is no Parquet; the format is refused.
    output_format_parquet_data_page_size	UInt64	1048576	h		There is no Parquet; the format is refused.
    output_format_parquet_date_as_uint16	Bool	0	h		There is no Parquet; the format is refused.
    output_format_parquet_datetime_as_uint32	Bool	0	h		There is no Parquet; the format is refused.
    output_format_parquet_enum_as_byte_array	Bool	1	h		There is no Parquet; the format is refused.
    output_format_parquet_fixed_string_as_fixed_byte_array	Bool	1	h		There is no Parquet; the format is refused.
    output_format_parquet_geometadata	Bool	1	h		There is no Parquet; the format is refused.
    output_format_parquet_max_dictionary_size	UInt64	1048576	h		There is no Parquet; the format is refused.
    output_format_parquet_parallel_encoding	Bool	1	h		There is no Parquet; the format is refused.
    output_format_parquet_row_group_size	UInt64	1000000	h		There is no Parquet; the format is refused.
    output_format_parquet_row_group_size_bytes	UInt64	536870912	h		There is no Parquet; the format is refused.
    output_format_parquet_string_as_string	Bool	1	h		There is no Parquet; the format is refused.
    output_format_parquet_unsupported_types_as_binary	Bool	0	h		There is no Parquet; the format is refused.
    output_format_parquet_use_custom_encoder	Bool	1	h		There is no Parquet; the format is refused.
    output_format_parquet_version	ParquetVersion	2.latest	h		There is no Parquet; the format is refused.
    output_format_parquet_wide_integer_as_decimal	Bool	0	h		There is no Parquet; the format is refused.
    output_format_parquet_write_bloom_filter	Bool	1	h		There is no Parquet; the format is refused.
    output_format_parquet_write_checksums	Bool	1	h		There is no Parquet; the format is refused.
    output_format_parquet_write_page_index	Bool	1	h		There is no Parquet; the format is refused.
    output_format_pretty_color	UInt64Auto	0	f	0,auto	Colours are for terminals; what is written here is read over a connection.
    output_format_pretty_display_footer_column_names	UInt64	1	a
    output_format_pretty_display_footer_column_names_min_rows	UInt64	50	a
    output_format_pretty_fallback_to_vertical	Bool	1	a
    output_format_pretty_fallback_to_vertical_max_rows_per_chunk	UInt64	10	a
    output_format_pretty_fallback_to_vertical_min_columns	UInt64	5	a
    output_format_pretty_fallback_to_vertical_min_table_width	UInt64	250	a
    output_format_pretty_glue_chunks	UInt64Auto	auto	r
    output_format_pretty_grid_charset	String	UTF-8	a
    output_format_pretty_highlight_digit_groups	Bool	1	h		There are no colours.
    output_format_pretty_highlight_trailing_spaces	Bool	1	h		There are no colours.
    output_format_pretty_max_column_name_width_cut_to	UInt64	24	a
    output_format_pretty_max_column_name_width_min_chars_to_cut	UInt64	4	a
    output_format_pretty_max_column_pad_width	UInt64	250	a
    output_format_pretty_max_rows	UInt64	1000	a
    output_format_pretty_max_value_width	UInt64	10000	a
    output_format_pretty_max_value_width_apply_for_single_value	UInt64	0	a
    output_format_pretty_multiline_fields	Bool	1	a
    output_format_pretty_named_tuples_as_json	Bool	0	f	0	A named tuple takes one line of a table.
    output_format_pretty_row_numbers	Bool	1	a
    output_format_pretty_single_large_number_tip_threshold	UInt64	1000000	a
    output_format_pretty_squash_consecutive_ms	UInt64	50	h
    output_format_pretty_squash_max_wait_ms	UInt64	1000	h
    output_format_pretty_use_nbsp_for_padding	Bool	0	f	0
    output_format_protobuf_nullables_with_google_wrappers	Bool	0	h
    output_format_schema	String		r
    output_format_sql_insert_include_column_names	Bool	1	h
    output_format_sql_insert_max_batch_size	UInt64	65409	h
    output_format_sql_insert_quote_names	Bool	1	h
    output_format_sql_insert_table_name	String	table	h
    output_format_sql_insert_use_replace	Bool	0	h
    output_format_trim_fixed_string	Bool	0	r
    output_format_tsv_crlf_end_of_line	Bool	0	a
    output_format_values_escape_quote_with_quote	Bool	0	r
    output_format_write_statistics	Bool	1	a
    page	Double	0	r
    page_cache_block_size	UInt64	1048576	h
    page_cache_inject_eviction	Bool	0	h
    page_cache_lookahead_blocks	UInt64	16	h
    page_cache_max_coalesced_bytes	UInt64	16777216	h
    paimon_target_snapshot_id	Int64	-1	h
    pandas_analyze_sample	Int64	10000	r
    parallel_distributed_insert_select	UInt64	2	h
    parallel_hash_join_threshold	UInt64	100000	h
    parallel_non_joined_rows_processing	Bool	1	r
    parallel_replica_offset	UInt64	0	r
    parallel_replicas_allow_in_with_subquery	Bool	1	h
    parallel_replicas_allow_materialized_views	Bool	1	h
    parallel_replicas_allow_merge_tables	Bool	0	h
    parallel_replicas_allow_view_over_mergetree	Bool	0	h
    parallel_replicas_connect_timeout_ms	Milliseconds	300	h
    parallel_replicas_count	UInt64	0	h
    parallel_replicas_custom_key	String		h
    parallel_replicas_custom_key_filter_type	ParallelReplicasCustomKeyFilterType	default	h
    parallel_replicas_custom_key_range_lower	UInt64	0	h
    parallel_replicas_custom_key_range_upper	UInt64	0	h
    parallel_replicas_filter_pushdown	Bool	0	h
    parallel_replicas_for_cluster_engines	Bool	1	h
    parallel_replicas_for_non_replicated_merge_tree	Bool	0	h
    parallel_replicas_index_analysis_only_on_coordinator	Bool	1	h
    parallel_replicas_insert_select_local_pipeline	Bool	1	h
    parallel_replicas_local_plan	Bool	1	h
    parallel_replicas_mark_segment_size	UInt64	0	h
    parallel_replicas_min_number_of_granules_to_enable	UInt64	0	h
    parallel_replicas_min_number_of_rows_per_replica	UInt64	0	h
    parallel_replicas_mode	ParallelReplicasMode	read_tasks	h
    parallel_replicas_only_with_analyzer	Bool	1	h
    parallel_replicas_plan_based	Bool	0	h
    parallel_replicas_prefer_local_join	Bool	1	h
    parallel_replicas_prefer_local_replica	Bool	1	h
    parallel_replicas_single_task_marks_count_multiplier	Float	2	h
    parallel_replicas_support_projection	Bool	1	h
    parallel_view_processing	Bool	0	r
    parallelize_output_from_storages	Bool	1	r
    parsedatetime_e_requires_space_padding	Bool	0	r
    parsedatetime_parse_without_leading_zeros	Bool	1	r
    partial_merge_join_left_table_buffer_bytes	UInt64	0	h
    partial_merge_join_optimizations	UInt64	0	h
    partial_merge_join_rows_in_right_blocks	UInt64	65536	h
    partial_result_on_first_cancel	Bool	0	r
    parts_to_delay_insert	UInt64	0	r
    parts_to_throw_insert	UInt64	0	r
    per_part_index_stats	Bool	0	h
    periodic_live_view_refresh	Seconds	60	o
    poll_interval	UInt64	10	h
    polyglot_dialect	String		r
    postgresql_connection_attempt_timeout	UInt64	2	h
    postgresql_connection_pool_auto_close_connection	Bool	0	h
    postgresql_connection_pool_retries	UInt64	2	h
    postgresql_connection_pool_size	UInt64	16	h
    postgresql_connection_pool_wait_timeout	UInt64	5000	h
    postgresql_fault_injection_probability	Float	0	h
    precise_float_parsing	Bool	1	r
    predicate_statistics_sample_rate	UInt64	0	r
    prefer_column_name_to_alias	Bool	0	r
    prefer_external_sort_block_bytes	UInt64	16744704	r
    prefer_global_in_and_join	Bool	0	r
    prefer_localhost_replica	Bool	1	h
    prefer_warmed_unmerged_parts_seconds	Int64	0	r
    preferred_block_size_bytes	UInt64	1000000	h
    preferred_max_column_in_block_size_bytes	UInt64	0	h
    preferred_optimize_projection_name	String		h
    prefetch_buffer_size	UInt64	1048576	h
    print_pretty_type_names	Bool	1	f	1,0	Types are written in one line.
    priority	UInt64	0	h
    profile	String	default	f	default
    promql_database	String		r
    promql_evaluation_time	FloatAuto	auto	r
    promql_table	String		r
    push_external_roles_in_interserver_queries	Bool	1	r
    query_cache_compress_entries	Bool	1	h
    query_cache_for_subqueries	Bool	0	h
    query_cache_max_entries	UInt64	0	h
    query_cache_max_size_in_bytes	UInt64	0	h
    query_cache_min_query_duration	Milliseconds	0	h
    query_cache_min_query_runs	UInt64	0	h
    query_cache_nondeterministic_function_handling	QueryResultCacheNondeterministicFunctionHandling	throw	h
    query_cache_share_between_users	Bool	0	h
    query_cache_squash_partial_results	Bool	1	h
    query_cache_store_results_of_queries_with_nondeterministic_functions	Bool	0	h
    query_cache_system_table_handling	QueryResultCacheSystemTableHandling	throw	h
    query_cache_tag	String		h
    query_cache_ttl	Seconds	60	h
    query_condition_cache_store_conditions_as_plaintext	Bool	0	o
    query_metric_log_interval	Int64	-1	r
    query_plan_aggregation_bucket_top_k	Bool	1	h
    query_plan_aggregation_in_order	Bool	1	h
    query_plan_convert_any_join_to_semi_or_anti_join	Bool	1	h
    query_plan_convert_join_to_in	Bool	0	h
    query_plan_convert_outer_join_to_inner_join	Bool	1	h
    query_plan_direct_read_from_text_index	Bool	1	h
    query_plan_display_internal_aliases	Bool	0	h
    query_plan_enable_multithreading_after_window_functions	Bool	1	h
    query_plan_enable_optimizations	Bool	1	h
    query_plan_execute_functions_after_sorting	Bool	1	h
    query_plan_filter_push_down	Bool	1	h
    query_plan_fuse_filter_into_array_join	Bool	1	h
    query_plan_join_shard_by_pk_ranges	Bool	0	h
    query_plan_join_swap_table	BoolAuto	auto	h
    query_plan_lift_up_array_join	Bool	1	h
    query_plan_lift_up_union	Bool	1	h
    query_plan_lower_array_join_function	Bool	0	h
    query_plan_max_limit_for_join_lazy_indexing	UInt64	1000	h
    query_plan_max_limit_for_lazy_materialization	UInt64	10000	h
    query_plan_max_limit_for_top_k_optimization	UInt64	1000	h
    query_plan_max_optimizations_to_apply	UInt64	10000	h
    query_plan_max_set_size_for_projection_match	UInt64	10000	h
    query_plan_max_step_description_length	UInt64	500	h
    query_plan_merge_expression_into_join	Bool	1	h
    query_plan_merge_expressions	Bool	1	h
    query_plan_merge_filter_into_join_condition	Bool	1	h
    query_plan_merge_filters	Bool	1	h
    query_plan_min_columns_for_join_lazy_indexing	UInt64	3	h
    query_plan_optimize_count_from_text_index	Bool	1	h
    query_plan_optimize_join_order_algorithm	JoinOrderAlgorithm	greedy	h
    query_plan_optimize_join_order_conflict_detector	JoinOrderConflictDetector		h
    query_plan_optimize_join_order_limit	UInt64	10	h
    query_plan_optimize_join_order_max_searched_plans	UInt64	100000	h
    query_plan_optimize_join_order_randomize	UInt64	0	h
    query_plan_optimize_lazy_final	Bool	0	h
    query_plan_optimize_lazy_materialization	Bool	1	h
    query_plan_optimize_lazy_materialization_for_file	Bool	1	h
    query_plan_optimize_lazy_materialization_for_object_storage	Bool	1	h
    query_plan_optimize_prewhere	Bool	1	h
    query_plan_optimize_primary_key	Bool	1	h
    query_plan_optimize_projection	Bool	1	h
    query_plan_propagate_predicate_across_join	Bool	1	h
    query_plan_push_down_limit	Bool	1	h
    query_plan_push_down_volume_reducing_functions	Bool	1	h
    query_plan_push_limit_by_into_sort	Bool	1	h
    query_plan_read_in_order	Bool	1	h
    query_plan_read_in_order_through_join	Bool	1	h
    query_plan_remove_redundant_distinct	Bool	1	h
    query_plan_remove_redundant_sorting	Bool	1	h
    query_plan_remove_unused_columns	Bool	1	h
    query_plan_reuse_storage_ordering_for_window_functions	Bool	0	h
    query_plan_short_circuit_constant_false_join	Bool	1	h
    query_plan_split_filter	Bool	1	h
    query_plan_text_index_add_hint	Bool	1	h
    query_plan_top_k_through_join	Bool	1	h
    query_plan_try_use_vector_search	Bool	1	h
    query_plan_use_logical_join_step	Bool	1	h
    query_plan_use_new_logical_join_step	Bool	1	h
    query_profiler_cpu_time_period_ns	UInt64	1000000000	h
    query_profiler_real_time_period_ns	UInt64	1000000000	h
    queue_max_wait_ms	Milliseconds	0	r
    rabbitmq_max_wait_ms	Milliseconds	5000	h
    read_backoff_max_throughput	UInt64	1048576	h
    read_backoff_min_concurrency	UInt64	1	h
    read_backoff_min_events	UInt64	2	h
    read_backoff_min_interval_between_events_ms	Milliseconds	1000	h
    read_backoff_min_latency_ms	Milliseconds	1000	h
    read_from_distributed_cache_if_exists_otherwise_bypass_cache	Bool	0	r
    read_from_filesystem_cache_if_exists_otherwise_bypass_cache	Bool	0	r
    read_from_page_cache_if_exists_otherwise_bypass_cache	Bool	0	r
    read_in_order_two_level_merge_threshold	UInt64	100	h
    read_in_order_use_buffering	Bool	1	h
    read_in_order_use_virtual_row	Bool	1	h
    read_in_order_use_virtual_row_per_block	Bool	0	h
    read_overflow_mode	OverflowMode	throw	a
    read_overflow_mode_leaf	OverflowMode	throw	r
    read_priority	Int64	0	h
    read_through_distributed_cache	Bool	0	o
    reader_executor_block_size	UInt64	1048576	r
    reader_executor_max_tail_for_drain	UInt64	1048576	r
    reader_executor_min_bytes_for_seek	UInt64	2097152	r
    reader_executor_use_long_connections	Bool	0	r
    reader_executor_window_size	UInt64	8388608	r
    readonly	UInt64	0	a
    receive_data_timeout_ms	Milliseconds	2000	h
    receive_timeout	Seconds	300	h
    recursive_cte_max_steps_in_type_inference	UInt64	10	r
    regexp_dict_allow_hyperscan	Bool	1	r
    regexp_dict_flag_case_insensitive	Bool	0	r
    regexp_dict_flag_dotall	Bool	0	r
    regexp_max_matches_per_row	UInt64	1000	r
    reject_expensive_hyperscan_regexps	Bool	1	r
    remerge_sort_lowered_memory_bytes_ratio	Float	2	r
    remote_filesystem_read_method	String	threadpool	h
    remote_filesystem_read_prefetch	Bool	1	h
    remote_fs_read_backoff_max_tries	UInt64	5	h
    remote_fs_read_max_backoff_ms	UInt64	10000	h
    remote_read_min_bytes_for_seek	UInt64	4194304	r
    rename_files_after_processing	String		r
    replace_running_query	Bool	0	r
    replace_running_query_max_wait_ms	Milliseconds	5000	r
    replication_alter_columns_timeout	UInt64	60	h
    replication_alter_partitions_sync	UInt64	1	s	alter_sync
    replication_wait_for_inactive_replica_timeout	Int64	120	h
    reserve_memory	UInt64	0	r
    restore_replace_external_dictionary_source_to_null	Bool	0	r
    restore_replace_external_engines_to_null	Bool	0	r
    restore_replace_external_table_functions_to_null	Bool	0	r
    restore_replicated_merge_tree_to_shared_merge_tree	Bool	0	r
    restore_threads	UInt64	16	o
    result_overflow_mode	OverflowMode	throw	a
    resumable_backup_from_snapshot	Bool	0	r
    rewrite_count_distinct_if_with_count_distinct_implementation	Bool	0	r
    rewrite_in_to_join	Bool	0	r
    rows_before_aggregation	Bool	0	r
    run_query_in_background	Bool	0	r
    s3_allow_multipart_copy	Bool	1	h		There is no S3 table.
    s3_allow_parallel_part_upload	Bool	1	h		There is no S3 table.
    s3_allow_server_credentials_in_user_queries	Bool	0	h		There is no S3 table.
    s3_base	String		h		There is no S3 table.
    s3_check_objects_after_upload	Bool	0	h		There is no S3 table.
    s3_connect_timeout_ms	UInt64	1000	h		There is no S3 table.
    s3_create_new_file_on_insert	Bool	0	h		There is no S3 table.
    s3_disable_checksum	Bool	0	h		There is no S3 table.
    s3_ignore_file_doesnt_exist	Bool	0	h		There is no S3 table.
    s3_list_object_keys_size	UInt64	1000	h		There is no S3 table.
    s3_max_connections	UInt64	1024	h		There is no S3 table.
    s3_max_get_burst	UInt64	0	h		There is no S3 table.
    s3_max_get_rps	UInt64	0	h		There is no S3 table.
    s3_max_inflight_parts_for_one_file	UInt64	20	h		There is no S3 table.
    s3_max_part_number	UInt64	10000	h		There is no S3 table.
    s3_max_put_burst	UInt64	0	h		There is no S3 table.
    s3_max_put_rps	UInt64	0	h		There is no S3 table.
    s3_max_redirects	UInt64	10	h		There is no S3 table.
    s3_max_single_operation_copy_size	UInt64	33554432	h		There is no S3 table.
    s3_max_single_part_upload_size	UInt64	33554432	h		There is no S3 table.
    s3_max_single_read_retries	UInt64	4	h		There is no S3 table.
    s3_max_unexpected_write_error_retries	UInt64	4	h		There is no S3 table.
    s3_max_upload_part_size	UInt64	5368709120	h		There is no S3 table.
    s3_min_upload_part_size	UInt64	16777216	h		There is no S3 table.
    s3_path_filter_limit	UInt64	1000	h		There is no S3 table.
    s3_request_timeout_ms	UInt64	30000	h		There is no S3 table.
    s3_retry_attempts	UInt64	500	h		There is no S3 table.
    s3_skip_empty_files	Bool	1	h		There is no S3 table.
    s3_slow_all_threads_after_network_error	Bool	1	h		There is no S3 table.
    s3_slow_all_threads_after_retryable_error	Bool	0	h		There is no S3 table.
    s3_strict_upload_part_size	UInt64	0	h		There is no S3 table.
    s3_throw_on_zero_files_match	Bool	0	h		There is no S3 table.
    s3_truncate_on_insert	Bool	0	h		There is no S3 table.
    s3_upload_checksum_algorithm	String		h		There is no S3 table.
    s3_upload_part_size_multiply_factor	UInt64	2	h		There is no S3 table.
    s3_upload_part_size_multiply_parts_count_threshold	UInt64	500	h		There is no S3 table.
    s3_uri_style	S3UriStyle	auto	h		There is no S3 table.
    s3_use_adaptive_timeouts	Bool	1	h		There is no S3 table.
    s3_validate_etag_on_read	Bool	1	h		There is no S3 table.
    s3_validate_request_settings	Bool	1	h		There is no S3 table.
    s3queue_allow_experimental_sharded_mode	Bool	0	h
    s3queue_default_zookeeper_path	String	/clickhouse/s3queue/	h
    s3queue_enable_logging_to_s3queue_log	Bool	0	h
    s3queue_keeper_fault_injection_probability	Float	0	h
    s3queue_migrate_old_metadata_to_buckets	Bool	0	h
    schema_inference_cache_require_modification_time_for_url	Bool	1	r
    schema_inference_hints	String		r
    schema_inference_make_columns_nullable	UInt64Auto	3	r
    schema_inference_make_json_columns_nullable	Bool	0	r
    schema_inference_mode	SchemaInferenceMode	default	r
    schema_inference_use_cache_for_azure	Bool	1	r
    schema_inference_use_cache_for_file	Bool	1	r
    schema_inference_use_cache_for_hdfs	Bool	1	r
    schema_inference_use_cache_for_s3	Bool	1	r
    schema_inference_use_cache_for_url	Bool	1	r
    secondary_indices_enable_bulk_filtering	Bool	1	r
    select	String		r
    select_sequential_consistency	UInt64	0	h		Every query sees every row that was acknowledged before it began.
    send_logs_level	LogsLevel	fatal	h		Logs are not sent to clients.
    send_logs_source_regexp	String		h		Logs are not sent to clients.
    send_profile_events	Bool	1	h
    send_progress_in_http_headers	Bool	0	a
    send_table_structure_on_insert_with_inline_data	Bool	1	r
    send_timeout	Seconds	300	h
    serialize_query_plan	Bool	0	r
    serialize_string_in_memory_with_zero_byte	Bool	1	r
    session_query_ids_history_size	UInt64	1000	r
    session_timezone	Timezone		a
    set_overflow_mode	OverflowMode	throw	a
    shared_merge_tree_sequential_consistency_initial_parts_update_backoff_ms	UInt64	50	r
    shared_merge_tree_sequential_consistency_max_parts_update_backoff_ms	UInt64	1000	r
    shared_merge_tree_sequential_consistency_parts_update_max_retries	UInt64	10	r
    shared_merge_tree_sync_parts_on_partition_operations	Bool	1	r
    short_circuit_function_evaluation	ShortCircuitFunctionEvaluation	enable	h
    short_circuit_function_evaluation_for_nulls	Bool	1	h
    short_circuit_function_evaluation_for_nulls_threshold	Double	1	h
    show_create_query_identifier_quoting_rule	IdentifierQuotingRule	when_necessary	r
    show_create_query_identifier_quoting_style	IdentifierQuotingStyle	Backticks	r
    show_data_lake_catalogs_in_system_tables	Bool	0	r
    show_processlist_include_internal	Bool	1	r
    show_remote_databases_in_system_tables	Bool	1	r
    show_table_uuid_in_table_create_query_if_not_nil	Bool	0	f	0
    shrink_over_allocated_columns_min_waste_bytes	UInt64	16777216	r
    shrink_over_allocated_columns_min_waste_ratio	Float	1	r
    single_join_prefer_left_table	Bool	1	r
    skip_download_if_exceeds_query_cache	Bool	1	s	filesystem_cache_skip_download_if_exceeds_per_query_cache_write_limit
    skip_redundant_aliases_in_udf	Bool	0	r
    skip_unavailable_shards	Bool	0	h
    skip_unavailable_shards_mode	SkipUnavailableShardsMode	unavailable_or_table_missing	h
    sleep_after_receiving_query_ms	Milliseconds	0	r
    sleep_in_send_data_ms	Milliseconds	0	r
    sleep_in_send_tables_status_ms	Milliseconds	0	r
    snappy_mode	SnappyMode	basic	r
    sort	String		r
    sort_overflow_mode	OverflowMode	throw	a
    split_intersecting_parts_ranges_into_layers_final	Bool	1	r
    split_parts_ranges_into_intersecting_and_non_intersecting_final	Bool	1	r
    splitby_max_substrings_includes_remaining_string	Bool	0	r
    stacktrace	Bool	0	h
    statistics_max_set_size_for_exact_selectivity_estimation	UInt64	10000	r
    stop_refreshable_materialized_views_on_startup	Bool	0	r
    storage_file_read_method	LocalFSReadMethod	pread	h
    storage_system_stack_trace_pipe_read_timeout_ms	Milliseconds	100	r
    stream_flush_interval_ms	Milliseconds	7500	h
    stream_like_engine_allow_direct_select	Bool	0	h
    stream_like_engine_insert_queue	String		h
    stream_poll_timeout_ms	Milliseconds	500	h
    system_events_show_zero_values	Bool	0	r
    system_metric_log_show_zero_values_in_histograms	Bool	0	r
    table_engine_read_through_distributed_cache	Bool	0	r
    table_function_remote_max_addresses	UInt64	1000	r
    tcp_keep_alive_timeout	Seconds	290	h
    temporary_data_in_cache_reserve_space_wait_lock_timeout_milliseconds	UInt64	600000	h
    temporary_files_buffer_size	NonZeroUInt64	1048576	h
    temporary_files_codec	String	LZ4	h
    temporary_live_view_timeout	Seconds	1	h
    text_index_density_threshold	Float	0.2	s	text_index_lazy_intersection_density_threshold
    text_index_hint_max_selectivity	Float	0.2	r
    text_index_lazy_intersection_density_threshold	Float	0.2	r
    text_index_like_max_postings_to_read	UInt64	50	r
    text_index_like_min_pattern_length	UInt64	4	r
    text_index_posting_list_apply_mode	TextIndexPostingListApplyMode	lazy	r
    text_index_use_bloom_filter	Bool	1	o
    throw_if_deduplication_in_dependent_materialized_views_enabled_with_async_insert	Bool	0	o
    throw_if_no_data_to_insert	Bool	1	r
    throw_on_error_from_cache_on_write_operations	Bool	0	r
    throw_on_hive_partitioning_resolution_failure	Bool	1	r
    throw_on_max_partitions_per_insert_block	Bool	1	r
    throw_on_unsupported_query_inside_transaction	Bool	1	r
    time_series_prefer_recent_samples_table	Bool	1	r
    timeout_before_checking_execution_speed	Seconds	10	r
    timeout_overflow_mode	OverflowMode	throw	a
    timeout_overflow_mode_leaf	OverflowMode	throw	r
    totals_auto_threshold	Float	0.5	r
    totals_mode	TotalsMode	after_having_exclusive	a
    trace_profile_events	Bool	0	h
    trace_profile_events_list	String		h
    transfer_overflow_mode	OverflowMode	throw	r
    transform_null_in	Bool	0	r
    traverse_shadow_remote_data_paths	Bool	0	r
    type_json_allow_duplicated_key_with_literal_and_nested_object	Bool	1	r
    type_json_skip_duplicated_paths	Bool	0	r
    type_json_skip_invalid_typed_paths	Bool	0	r
    type_json_skip_null_typed_paths	Bool	0	r
    type_json_use_partial_match_to_skip_paths_by_regexp	Bool	1	r
    union_default_mode	SetOperationMode		a
    unique_key_max_encoded_size	UInt64	256	r
    unique_key_probe_implementation	UniqueKeyProbeImplementation	auto	r
    unknown_packet_in_send_data	UInt64	0	r
    update_insert_deduplication_token_in_dependent_materialized_views	Bool	0	o
    update_parallel_mode	UpdateParallelMode	auto	r
    update_sequential_consistency	Bool	1	r
    url_base	String		r
    url_wildcard_max_directories_to_read	UInt64	100000	r
    use_async_executor_for_materialized_views	Bool	0	r
    use_cache_for_count_from_files	Bool	1	h		An answer is always computed from what is stored.
    use_client_time_zone	Bool	0	r
    use_compact_format_in_distributed_parts_names	Bool	1	r
    use_concurrency_control	Bool	1	h
    use_constant_folding_in_index_analysis	Bool	0	r
    use_hash_table_stats_for_join_reordering	Bool	1	r
    use_hedged_requests	Bool	1	h
    use_hive_partitioning	Bool	1	r
    use_iceberg_manifest_list_partition_pruning	Bool	1	r
    use_iceberg_metadata_files_cache	Bool	1	h		An answer is always computed from what is stored.
    use_iceberg_partition_pruning	Bool	1	r
    use_index_for_in_with_subqueries	Bool	1	r
    use_index_for_in_with_subqueries_max_values	UInt64	0	r
    use_indexes_refiner_in_read_pools	Bool	0	r
    use_join_disjunctions_push_down	Bool	1	r
    use_json_alias_for_old_object_type	Bool	0	o
    use_legacy_to_time	Bool	0	r
    use_lightweight_primary_key_index_analysis	Bool	1	r
    use_local_cache_for_remote_storage	Bool	0	h		An answer is always computed from what is stored.
    use_mysql_types_in_show_columns	Bool	0	o
    use_page_cache_for_disks_without_file_cache	Bool	0	h		An answer is always computed from what is stored.
    use_page_cache_for_local_disks	Bool	0	h		An answer is always computed from what is stored.
    use_page_cache_for_object_storage	Bool	0	h		An answer is always computed from what is stored.
    use_page_cache_with_distributed_cache	Bool	0	h		An answer is always computed from what is stored.
    use_paimon_metadata_files_cache	Bool	0	h		An answer is always computed from what is stored.
    use_paimon_partition_pruning	Bool	0	r
    use_parquet_metadata_cache	Bool	1	h		An answer is always computed from what is stored.
    use_partition_key	Bool	1	s	use_partition_pruning
    use_partition_minmax_for_primary_key_pruning	Bool	1	h
    use_partition_pruning	Bool	1	h
    use_primary_key	Bool	1	h
    use_projection_index_in_read_pools	Bool	0	o
    use_query_cache	Bool	0	h		An answer is always computed from what is stored.
    use_query_condition_cache	Bool	1	h
    use_query_condition_cache_for_top_k	Bool	1	h		An answer is always computed from what is stored.
    use_reader_executor	Bool	0	r
    use_roaring_bitmap_iceberg_positional_deletes	Bool	0	r
    use_skip_indexes	Bool	1	h
    use_skip_indexes_for_disjunctions	Bool	1	h
    use_skip_indexes_for_top_k	Bool	1	h
    use_skip_indexes_if_final	Bool	1	h
    use_skip_indexes_if_final_exact_mode	Bool	1	h
    use_skip_indexes_on_data_read	Bool	1	h
    use_statistics	Bool	1	h
    use_statistics_cache	Bool	1	h		An answer is always computed from what is stored.
    use_statistics_for_min_max_aggregation	Bool	1	h
    use_statistics_for_part_pruning	Bool	1	h
    use_streaming_marks_compression	Bool	0	r
    use_strict_insert_block_limits	Bool	0	r
    use_structure_from_insertion_table_in_table_functions	UInt64	2	r
    use_text_index_dictionary_cache	Bool	0	h		An answer is always computed from what is stored.
    use_text_index_header_cache	Bool	1	h		An answer is always computed from what is stored.
    use_text_index_like_evaluation_by_dictionary_scan	Bool	1	r
    use_text_index_negative_tokens_cache	Bool	1	h		An answer is always computed from what is stored.
    use_text_index_postings_cache	Bool	0	h		An answer is always computed from what is stored.
    use_text_index_tokens_cache	Bool	1	h		An answer is always computed from what is stored.
    use_top_k_dynamic_filtering	Bool	1	h
    use_top_k_dynamic_filtering_for_variable_length_types	Bool	0	h
    use_uncompressed_cache	Bool	0	h
    use_variant_as_common_type	Bool	1	r
    use_variant_default_implementation_for_comparisons	Bool	1	r
    use_with_fill_by_sorting_prefix	Bool	1	r
    validate_enum_literals_in_operators	Bool	0	r
    validate_experimental_and_suspicious_types_inside_nested_types	Bool	1	r
    validate_group_by_all_key_types	Bool	1	r
    validate_mutation_query	Bool	1	r
    validate_polygons	Bool	1	r
    variant_throw_on_type_mismatch	Bool	1	r
    vector_search_filter_strategy	VectorSearchFilterStrategy	auto	r
    vector_search_index_fetch_multiplier	Float	1	r
    vector_search_postfilter_multiplier	Float	1	s	vector_search_index_fetch_multiplier
    vector_search_use_quantized_codes	Bool	0	r
    vector_search_with_rescoring	Bool	0	r
    wait_changes_become_visible_after_commit_mode	TransactionsWaitCSNMode	wait_unknown	r
    wait_end_of_query	Bool	0	h		Settled by the request, before its statement is read.
    wait_for_async_insert	Bool	1	h		The answer always waits for the disk.
    wait_for_async_insert_timeout	Seconds	120	h		The answer always waits for the disk.
    wait_for_part_commit_in_dependent_materialized_views	Bool	0	r
    wait_for_window_view_fire_signal_timeout	Seconds	10	o
    webassembly_udf_input_split_memory_ratio	Float	0.5	h
    webassembly_udf_max_fuel	UInt64	100000	h
    webassembly_udf_max_input_block_size	UInt64	0	h
    webassembly_udf_max_instances	UInt64	32	h
    webassembly_udf_max_memory	UInt64	134217728	h
    window_view_clean_interval	Seconds	60	o
    window_view_heartbeat_interval	Seconds	15	o
    workload	String	default	h
    workload_admission_timeout_ms	Milliseconds	0	h
    write_full_path_in_iceberg_metadata	Bool	0	r
    write_through_distributed_cache	Bool	0	o
    write_through_distributed_cache_buffer_size	UInt64	0	r
    zstd_window_log_max	Int64	0	r
    """#
}
