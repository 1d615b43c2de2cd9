//! What is known of SQL functions: which yield no data, which hand it on, which transform it.

/// Whether the result tells nothing of a person's data: counts, tests, places in an order, clocks.
pub(super) fn yields_no_data(name: &str) -> bool {
    matches!(
        name,
        "count"
            | "count_big"
            | "approx_count_distinct"
            | "countif"
            | "exists"
            | "jsonb_exists"
            | "length"
            | "len"
            | "char_length"
            | "character_length"
            | "octet_length"
            | "bit_length"
            | "datalength"
            | "array_length"
            | "array_ndims"
            | "cardinality"
            | "json_array_length"
            | "jsonb_array_length"
            | "json_typeof"
            | "jsonb_typeof"
            | "json_type"
            | "json_valid"
            | "typeof"
            | "pg_typeof"
            | "pg_column_size"
            | "row_number"
            | "rank"
            | "dense_rank"
            | "percent_rank"
            | "cume_dist"
            | "ntile"
            | "bool_and"
            | "bool_or"
            | "every"
            | "position"
            | "strpos"
            | "instr"
            | "locate"
            | "charindex"
            | "starts_with"
            | "ends_with"
            | "startswith"
            | "endswith"
            | "contains"
            | "regexp_like"
            | "isnull"
            | "isnotnull"
            | "num_nulls"
            | "num_nonnulls"
            | "grouping"
            | "generate_series"
            | "now"
            | "clock_timestamp"
            | "statement_timestamp"
            | "transaction_timestamp"
            | "random"
            | "gen_random_uuid"
            | "uuid_generate_v4"
            | "last_insert_rowid"
            | "changes"
            | "nextval"
            | "currval"
            | "setval"
            | "pg_advisory_lock"
            | "pg_advisory_xact_lock"
            | "pg_try_advisory_lock"
            | "similarity"
            | "word_similarity"
            | "ts_rank"
            | "ts_rank_cd"
            | "bm25"
            | "to_regclass"
    )
}

/// Whether the result holds the same data, only arranged: elements, rows, first and last values.
pub(super) fn keeps_data(name: &str) -> bool {
    matches!(
        name,
        "array_agg"
            | "first_value"
            | "last_value"
            | "nth_value"
            | "lag"
            | "lead"
            | "first"
            | "last"
            | "any_value"
            | "unnest"
            | "array"
            | "row"
            | "array_append"
            | "array_cat"
            | "array_remove"
            | "list"
            | "if"
            | "iif"
            | "decode"
            | "json_agg"
            | "jsonb_agg"
            | "json_object_agg"
            | "jsonb_object_agg"
            | "json_build_object"
            | "jsonb_build_object"
            | "json_build_array"
            | "jsonb_build_array"
            | "json_object"
            | "json_array"
            | "json_group_array"
            | "json_group_object"
            | "to_json"
            | "to_jsonb"
            | "row_to_json"
    )
}

/// The kind of transform a function is, in the words in which findings tell it. A kind says what happened to the
/// data; only a policy says what that is worth.
#[must_use]
pub fn is_transform_function(name: &str) -> Option<&'static str> {
    Some(match name {
        "md5" | "sha" | "sha1" | "sha2" | "sha224" | "sha256" | "sha384" | "sha512" | "digest" | "hmac" | "crypt"
        | "hashtext" | "hashtextextended" | "hash" | "farm_fingerprint" | "xxhash64" | "crc32" | "password"
        | "siphash64" | "cityhash64" | "hashbytes" | "sha1_hex" | "sha2_hex" | "md5_hex" | "to_hex_hash" => "hash",
        "left" | "right" | "substr" | "substring" | "substring_index" | "split_part" | "mid" | "date_trunc"
        | "trunc" | "truncate" | "round" | "floor" | "date_bin" | "width_bucket" | "extract" | "date_part" | "year"
        | "toyear" | "tostartofmonth" | "time_bucket" => "truncate",
        "pgp_sym_encrypt"
        | "pgp_sym_encrypt_bytea"
        | "pgp_pub_encrypt"
        | "encrypt"
        | "encrypt_iv"
        | "aes_encrypt"
        | "encryptbykey" => "encrypt",
        "pgp_sym_decrypt" | "pgp_pub_decrypt" | "decrypt" | "decrypt_iv" | "aes_decrypt" => "decrypt",
        "regexp_replace" | "overlay" | "mask" | "mask_inner" | "mask_outer" | "translate" => "mask",
        "sum" | "avg" | "min" | "max" | "stddev" | "stddev_pop" | "stddev_samp" | "variance" | "var_pop"
        | "var_samp" | "percentile_cont" | "percentile_disc" | "median" | "mode" | "corr" => "aggregate",
        _ => return None,
    })
}
