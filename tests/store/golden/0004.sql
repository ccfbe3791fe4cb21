BEGIN TRANSACTION;
CREATE TABLE "account" (
	account_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	base_url TEXT NOT NULL, 
	quota_per_unit NUMERIC DEFAULT '500000' NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_account PRIMARY KEY (account_id), 
	CONSTRAINT ck_account_created_at_moment CHECK (CAST(created_at AS BIGINT) = created_at AND created_at BETWEEN 0 AND 253402300799999), 
	CONSTRAINT uq_account_name UNIQUE (name), 
	CONSTRAINT ck_account_quota_per_unit_range CHECK (quota_per_unit BETWEEN 0.000001 AND 9223372036854775807)
);
INSERT INTO "account" VALUES(1,'default','https://aihubmix.com',500000,1764500000000);
INSERT INTO "account" VALUES(2,'work — 公司','https://gateway.example/one',68493.15,1764500000001);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0004');
CREATE TABLE alert (
	account_id INTEGER NOT NULL, 
	rule TEXT NOT NULL, 
	state SMALLINT NOT NULL, 
	since BIGINT NOT NULL, 
	leaning SMALLINT, 
	leaning_since BIGINT, 
	told SMALLINT NOT NULL, 
	told_at BIGINT, 
	problem TEXT, 
	CONSTRAINT pk_alert PRIMARY KEY (account_id, rule), 
	CONSTRAINT fk_alert_account_id_account FOREIGN KEY(account_id) REFERENCES account (account_id) ON DELETE CASCADE, 
	CONSTRAINT ck_alert_state_level CHECK (state IN (0, 1, 2)), 
	CONSTRAINT ck_alert_leaning_level CHECK (leaning IN (0, 1, 2)), 
	CONSTRAINT ck_alert_told_level CHECK (told IN (0, 1, 2)), 
	CONSTRAINT ck_alert_since_moment CHECK (CAST(since AS BIGINT) = since AND since BETWEEN 0 AND 253402300799999), 
	CONSTRAINT ck_alert_leaning_since_moment CHECK (CAST(leaning_since AS BIGINT) = leaning_since AND leaning_since BETWEEN 0 AND 253402300799999), 
	CONSTRAINT ck_alert_told_at_moment CHECK (CAST(told_at AS BIGINT) = told_at AND told_at BETWEEN 0 AND 253402300799999)
);
INSERT INTO "alert" VALUES(1,'days',1,1764501200000,NULL,NULL,1,NULL,NULL);
CREATE TABLE "event" (
	account_id INTEGER NOT NULL, 
	captured_at BIGINT NOT NULL, 
	"after" BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	quota BIGINT NOT NULL, 
	confirmed SMALLINT DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_event PRIMARY KEY (account_id, captured_at, kind), 
	CONSTRAINT ck_event_after_moment CHECK (CAST(after AS BIGINT) = after AND after BETWEEN 0 AND 253402300799999), 
	CONSTRAINT fk_event_account_id_account FOREIGN KEY(account_id) REFERENCES account (account_id) ON DELETE CASCADE, 
	CONSTRAINT ck_event_captured_at_moment CHECK (CAST(captured_at AS BIGINT) = captured_at AND captured_at BETWEEN 0 AND 253402300799999), 
	CONSTRAINT ck_event_kind_known CHECK (kind IN ('adjustment', 'covered', 'gap', 'refund', 'reset', 'stray', 'top_up', 'uncounted')), 
	CONSTRAINT ck_event_confirmed_flag CHECK (confirmed IN (0, 1))
)
 WITHOUT ROWID

;
INSERT INTO "event" VALUES(1,1764500600000,1764500000000,'stray',0,1);
INSERT INTO "event" VALUES(1,1764501200000,1764500000000,'covered',1257,1);
INSERT INTO "event" VALUES(1,1764501200000,1764500600000,'top_up',25000000,1);
INSERT INTO "event" VALUES(1,1764501200000,1764500000000,'uncounted',1000,0);
CREATE TABLE failure (
	failure_id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	attempted_at BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	http_status INTEGER, 
	detail TEXT, 
	CONSTRAINT pk_failure PRIMARY KEY (failure_id), 
	CONSTRAINT fk_failure_account_id_account FOREIGN KEY(account_id) REFERENCES account (account_id), 
	CONSTRAINT ck_failure_attempted_at_moment CHECK (CAST(attempted_at AS BIGINT) = attempted_at AND attempted_at BETWEEN 0 AND 253402300799999)
);
INSERT INTO "failure" VALUES(1,1,1764500900000,'timeout',NULL,NULL);
INSERT INTO "failure" VALUES(2,1,1764501000000,'server_error',502,'Bad Gateway; it''s late');
CREATE TABLE forecast (
	account_id INTEGER NOT NULL, 
	origin BIGINT NOT NULL, 
	quota BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	low BIGINT, 
	median BIGINT, 
	high BIGINT, 
	CONSTRAINT pk_forecast PRIMARY KEY (account_id), 
	CONSTRAINT fk_forecast_account_id_account FOREIGN KEY(account_id) REFERENCES account (account_id) ON DELETE CASCADE, 
	CONSTRAINT ck_forecast_origin_moment CHECK (CAST(origin AS BIGINT) = origin AND origin BETWEEN 0 AND 253402300799999), 
	CONSTRAINT ck_forecast_low_moment CHECK (CAST(low AS BIGINT) = low AND low BETWEEN 0 AND 253402300799999), 
	CONSTRAINT ck_forecast_median_moment CHECK (CAST(median AS BIGINT) = median AND median BETWEEN 0 AND 253402300799999), 
	CONSTRAINT ck_forecast_high_moment CHECK (CAST(high AS BIGINT) = high AND high BETWEEN 0 AND 253402300799999)
);
INSERT INTO "forecast" VALUES(1,1764501200000,1257,'projected',1764601200000,1764701200000,NULL);
CREATE TABLE mark (
	account_id INTEGER NOT NULL, 
	scanned_to BIGINT NOT NULL, 
	count BIGINT NOT NULL, 
	reserved BIGINT NOT NULL, 
	exact SMALLINT NOT NULL, 
	floor SMALLINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_mark PRIMARY KEY (account_id, scanned_to), 
	CONSTRAINT fk_mark_account_id_account FOREIGN KEY(account_id) REFERENCES account (account_id) ON DELETE CASCADE, 
	CONSTRAINT ck_mark_exact_flag CHECK (exact IN (0, 1)), 
	CONSTRAINT ck_mark_floor_flag CHECK (floor IN (0, 1)), 
	CONSTRAINT ck_mark_scanned_to_moment CHECK (CAST(scanned_to AS BIGINT) = scanned_to AND scanned_to BETWEEN 0 AND 253402300799999)
)
 WITHOUT ROWID

;
INSERT INTO "mark" VALUES(1,1764501200000,3,0,1,1);
CREATE TABLE profile (
	profile_id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_profile PRIMARY KEY (profile_id), 
	CONSTRAINT fk_profile_account_id_account FOREIGN KEY(account_id) REFERENCES account (account_id), 
	CONSTRAINT uq_profile_account_id_sha256 UNIQUE (account_id, sha256), 
	CONSTRAINT uq_profile_account_id_profile_id UNIQUE (account_id, profile_id), 
	CONSTRAINT ck_profile_sha256_length CHECK (length(sha256) = 64)
);
INSERT INTO "profile" VALUES(1,1,'b53bdbdaef60a4e85c5bd0a32768876e3b860fa901f9e80ef3569cb10f959023','{"data":{"group":"default","id":7,"quota_remind_threshold":500000,"username":"bob"},"success":true}');
INSERT INTO "profile" VALUES(2,1,'14d829a0ce3033cb211dc4d8dd5c254b4f0368b12dab7a2b387605fcad89f62b','{"data":{"group":"vip","id":7,"novelty":null,"quota_remind_threshold":500000,"username":"bob"},"success":true}');
INSERT INTO "profile" VALUES(3,2,'5ae508efe9bbd997ad88939b36060435ec7b915a5ad0ec2b8f2830e893227451','{"data":{"display_name":"\u6797"},"success":true}');
CREATE TABLE snapshot (
	account_id INTEGER NOT NULL, 
	captured_at BIGINT NOT NULL, 
	quota BIGINT NOT NULL, 
	used_quota BIGINT NOT NULL, 
	request_count BIGINT, 
	profile_id INTEGER, 
	source SMALLINT NOT NULL, 
	CONSTRAINT pk_snapshot PRIMARY KEY (account_id, captured_at), 
	CONSTRAINT fk_snapshot_account_id_account FOREIGN KEY(account_id) REFERENCES account (account_id), 
	CONSTRAINT fk_snapshot_account_id_profile_id_profile FOREIGN KEY(account_id, profile_id) REFERENCES profile (account_id, profile_id), 
	CONSTRAINT ck_snapshot_captured_at_moment CHECK (CAST(captured_at AS BIGINT) = captured_at AND captured_at BETWEEN 0 AND 253402300799999), 
	CONSTRAINT ck_snapshot_quota_whole CHECK (CAST(quota AS BIGINT) = quota), 
	CONSTRAINT ck_snapshot_used_quota_whole CHECK (CAST(used_quota AS BIGINT) = used_quota), 
	CONSTRAINT ck_snapshot_request_count_whole CHECK (CAST(request_count AS BIGINT) = request_count), 
	CONSTRAINT ck_snapshot_source_whole CHECK (CAST(source AS BIGINT) = source)
)
 WITHOUT ROWID

;
INSERT INTO "snapshot" VALUES(1,1764500000000,29071257,286403484,614422,1,0);
INSERT INTO "snapshot" VALUES(1,1764500600000,29070257,286404484,614430,1,0);
INSERT INTO "snapshot" VALUES(1,1764501200000,54070000,286404741,614431,2,0);
INSERT INTO "snapshot" VALUES(1,1764501200001,54069000,286405741,NULL,NULL,1);
INSERT INTO "snapshot" VALUES(2,1764500000000,-1200,9007199254740993,NULL,3,0);
CREATE INDEX ix_failure_account_id_attempted_at ON failure (account_id, attempted_at);
CREATE VIEW snapshot_usd AS
SELECT a.name AS account,
    strftime('%Y-%m-%dT%H:%M:%S', s.captured_at / 1000, 'unixepoch') || printf('.%03dZ', s.captured_at % 1000) AS captured_at,
    round(1.0 * s.quota / a.quota_per_unit, 6) AS balance_usd,
    round(1.0 * s.used_quota / a.quota_per_unit, 6) AS used_usd,
    s.request_count,
    CASE s.source WHEN 0 THEN 'gateway' WHEN 1 THEN 'import' END AS source
FROM snapshot s JOIN account a ON a.account_id = s.account_id;
COMMIT;
