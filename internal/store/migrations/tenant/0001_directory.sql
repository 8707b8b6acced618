-- The directory: who and what there is. Instants are ticks of 100 ns; 9223372036854775807
-- is the instant that never comes. A column that ends in _key is its value folded, so that
-- letters of either case compare alike; '' stands for null.

-- Every directory object, whatever its kind: what decisions ask about it. The wide tables
-- below hold the rest. The index carries all that the snapshot reads at the start. Of a
-- tracked group or unit, the snapshot holds the members too.
CREATE TABLE object (
    id              TEXT   NOT NULL,
    kind            BIGINT NOT NULL,
    enabled         BIGINT NOT NULL,
    guest           BIGINT NOT NULL,
    role_assignable BIGINT NOT NULL,
    approver        BIGINT NOT NULL,
    restricted      BIGINT NOT NULL,
    tracked         BIGINT NOT NULL,
    generation      BIGINT NOT NULL,
    deleted_at      BIGINT NOT NULL,
    CONSTRAINT object_pk PRIMARY KEY (id)
);
CREATE INDEX object_load ON object (id, kind, enabled, guest, role_assignable, approver, restricted, generation, deleted_at);
CREATE INDEX object_tracked ON object (id) WHERE tracked = 1;
CREATE INDEX object_by_deletion ON object (deleted_at, id) WHERE deleted_at < 9223372036854775807;

-- How many live objects there are of each kind, and other totals, kept by the writes.
CREATE TABLE total (
    name   TEXT   NOT NULL,
    amount BIGINT NOT NULL,
    CONSTRAINT total_pk PRIMARY KEY (name)
);

-- The values of properties that hold several, one a row.
CREATE TABLE object_value (
    object_id TEXT NOT NULL,
    property  TEXT NOT NULL,
    value_key TEXT NOT NULL,
    CONSTRAINT object_value_pk PRIMARY KEY (object_id, property, value_key)
);
CREATE INDEX object_value_by_value ON object_value (property, value_key, object_id);

CREATE TABLE directory_user (
    id                     TEXT   NOT NULL,
    display_name           TEXT   NOT NULL,
    display_name_key       TEXT   NOT NULL,
    upn                    TEXT   NOT NULL,
    upn_key                TEXT   NOT NULL,
    mail_nickname          TEXT   NOT NULL,
    mail_nickname_key      TEXT   NOT NULL,
    enabled                BIGINT NOT NULL,
    user_type              TEXT   NOT NULL,
    user_type_key          TEXT   NOT NULL,
    profile                TEXT   NOT NULL,
    mail_key               TEXT   NOT NULL,
    employee_id_key        TEXT   NOT NULL,
    employee_type_key      TEXT   NOT NULL,
    given_name_key         TEXT   NOT NULL,
    surname_key            TEXT   NOT NULL,
    job_title_key          TEXT   NOT NULL,
    department_key         TEXT   NOT NULL,
    company_name_key       TEXT   NOT NULL,
    mobile_phone_key       TEXT   NOT NULL,
    office_location_key    TEXT   NOT NULL,
    street_address_key     TEXT   NOT NULL,
    city_key               TEXT   NOT NULL,
    state_key              TEXT   NOT NULL,
    postal_code_key        TEXT   NOT NULL,
    country_key            TEXT   NOT NULL,
    preferred_language_key TEXT   NOT NULL,
    usage_location_key     TEXT   NOT NULL,
    age_group_key          TEXT   NOT NULL,
    password_policies_key  TEXT   NOT NULL,
    immutable_id_key       TEXT   NOT NULL,
    password_hash          TEXT   NOT NULL,
    force_change           BIGINT NOT NULL,
    force_change_mfa       BIGINT NOT NULL,
    password_changed_at    BIGINT NOT NULL,
    sessions_from          BIGINT NOT NULL,
    generation             BIGINT NOT NULL,
    created_at             BIGINT NOT NULL,
    deleted_at             BIGINT NOT NULL,
    CONSTRAINT directory_user_pk PRIMARY KEY (id),
    CONSTRAINT directory_user_upn UNIQUE (upn_key)
);
CREATE INDEX directory_user_live ON directory_user (id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_user_by_upn ON directory_user (upn_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_user_by_display_name ON directory_user (display_name_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_user_by_mail ON directory_user (mail_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_user_by_mail_nickname ON directory_user (mail_nickname_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_user_by_employee_id ON directory_user (employee_id_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_user_by_given_name ON directory_user (given_name_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_user_by_surname ON directory_user (surname_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_user_by_department ON directory_user (department_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_user_by_created ON directory_user (created_at, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_user_deleted ON directory_user (id) WHERE deleted_at < 9223372036854775807;
CREATE INDEX directory_user_by_deletion ON directory_user (deleted_at, id) WHERE deleted_at < 9223372036854775807;

CREATE TABLE directory_group (
    id                  TEXT   NOT NULL,
    display_name        TEXT   NOT NULL,
    display_name_key    TEXT   NOT NULL,
    description         TEXT   NOT NULL,
    description_key     TEXT   NOT NULL,
    classification      TEXT   NOT NULL,
    classification_key  TEXT   NOT NULL,
    mail                TEXT   NOT NULL,
    mail_key            TEXT   NOT NULL,
    mail_nickname       TEXT   NOT NULL,
    mail_nickname_key   TEXT   NOT NULL,
    mail_enabled        BIGINT NOT NULL,
    security_enabled    BIGINT NOT NULL,
    types               TEXT   NOT NULL,
    role_assignable     BIGINT NOT NULL,
    visibility          TEXT   NOT NULL,
    visibility_key      TEXT   NOT NULL,
    preferred_language  TEXT   NOT NULL,
    theme               TEXT   NOT NULL,
    renewed_at          BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    deleted_at          BIGINT NOT NULL,
    CONSTRAINT directory_group_pk PRIMARY KEY (id)
);
CREATE INDEX directory_group_live ON directory_group (id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_group_by_display_name ON directory_group (display_name_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_group_by_mail ON directory_group (mail_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_group_by_mail_nickname ON directory_group (mail_nickname_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_group_by_created ON directory_group (created_at, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX directory_group_deleted ON directory_group (id) WHERE deleted_at < 9223372036854775807;
CREATE INDEX directory_group_by_deletion ON directory_group (deleted_at, id) WHERE deleted_at < 9223372036854775807;

-- One standing place in a group. A place given up and given again is another row with
-- another id.
CREATE TABLE membership (
    id          TEXT   NOT NULL,
    group_id    TEXT   NOT NULL,
    relation    BIGINT NOT NULL,
    member_id   TEXT   NOT NULL,
    member_kind BIGINT NOT NULL,
    since       BIGINT NOT NULL,
    CONSTRAINT membership_pk PRIMARY KEY (id),
    CONSTRAINT membership_place UNIQUE (group_id, relation, member_id)
);
CREATE INDEX membership_by_member ON membership (member_id, relation, group_id);

CREATE TABLE application (
    id               TEXT   NOT NULL,
    app_id           TEXT   NOT NULL,
    display_name     TEXT   NOT NULL,
    display_name_key TEXT   NOT NULL,
    audience         TEXT   NOT NULL,
    audience_key     TEXT   NOT NULL,
    web_redirects    TEXT   NOT NULL,
    spa_redirects    TEXT   NOT NULL,
    public_redirects TEXT   NOT NULL,
    public_client    BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    deleted_at       BIGINT NOT NULL,
    CONSTRAINT application_pk PRIMARY KEY (id),
    CONSTRAINT application_app UNIQUE (app_id)
);
CREATE INDEX application_live ON application (id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX application_by_display_name ON application (display_name_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX application_by_created ON application (created_at, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX application_deleted ON application (id) WHERE deleted_at < 9223372036854775807;
CREATE INDEX application_by_deletion ON application (deleted_at, id) WHERE deleted_at < 9223372036854775807;

-- Passwords of clients, as hashes.
CREATE TABLE application_secret (
    application_id TEXT   NOT NULL,
    key_id         TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    hint           TEXT   NOT NULL,
    hash           TEXT   NOT NULL,
    start_at       BIGINT NOT NULL,
    end_at         BIGINT NOT NULL,
    CONSTRAINT application_secret_pk PRIMARY KEY (application_id, key_id)
);

CREATE TABLE service_principal (
    id               TEXT   NOT NULL,
    app_id           TEXT   NOT NULL,
    display_name     TEXT   NOT NULL,
    display_name_key TEXT   NOT NULL,
    enabled          BIGINT NOT NULL,
    type             TEXT   NOT NULL,
    type_key         TEXT   NOT NULL,
    generation       BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    deleted_at       BIGINT NOT NULL,
    CONSTRAINT service_principal_pk PRIMARY KEY (id),
    CONSTRAINT service_principal_app UNIQUE (app_id)
);
CREATE INDEX service_principal_live ON service_principal (id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX service_principal_by_display_name ON service_principal (display_name_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX service_principal_by_created ON service_principal (created_at, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX service_principal_deleted ON service_principal (id) WHERE deleted_at < 9223372036854775807;
CREATE INDEX service_principal_by_deletion ON service_principal (deleted_at, id) WHERE deleted_at < 9223372036854775807;

-- What clients may do on behalf of users; a principal of '' is everyone.
CREATE TABLE consent (
    id           TEXT NOT NULL,
    client_id    TEXT NOT NULL,
    resource_id  TEXT NOT NULL,
    principal_id TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    CONSTRAINT consent_pk PRIMARY KEY (id),
    CONSTRAINT consent_once UNIQUE (client_id, resource_id, principal_id)
);
CREATE INDEX consent_by_principal ON consent (principal_id, id);
CREATE INDEX consent_by_client ON consent (client_id, id);
CREATE INDEX consent_by_resource ON consent (resource_id, id);

-- What service principals may do for themselves.
CREATE TABLE role_grant (
    id           TEXT   NOT NULL,
    principal_id TEXT   NOT NULL,
    resource_id  TEXT   NOT NULL,
    permission   TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    CONSTRAINT role_grant_pk PRIMARY KEY (id),
    CONSTRAINT role_grant_once UNIQUE (principal_id, resource_id, permission)
);
CREATE INDEX role_grant_by_principal ON role_grant (principal_id, id);
CREATE INDEX role_grant_by_resource ON role_grant (resource_id, id);

CREATE TABLE unit (
    id               TEXT   NOT NULL,
    display_name     TEXT   NOT NULL,
    display_name_key TEXT   NOT NULL,
    description      TEXT   NOT NULL,
    description_key  TEXT   NOT NULL,
    visibility       TEXT   NOT NULL,
    restricted       BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    deleted_at       BIGINT NOT NULL,
    CONSTRAINT unit_pk PRIMARY KEY (id)
);
CREATE INDEX unit_live ON unit (id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX unit_by_display_name ON unit (display_name_key, id) WHERE deleted_at = 9223372036854775807;
CREATE INDEX unit_deleted ON unit (id) WHERE deleted_at < 9223372036854775807;

CREATE TABLE unit_member (
    unit_id     TEXT   NOT NULL,
    member_id   TEXT   NOT NULL,
    member_kind BIGINT NOT NULL,
    CONSTRAINT unit_member_pk PRIMARY KEY (unit_id, member_id)
);
CREATE INDEX unit_member_by_member ON unit_member (member_id, unit_id);

-- The tenant itself and its settings, as JSON that is only read whole.
CREATE TABLE setting (
    name  TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT setting_pk PRIMARY KEY (name)
);

-- Keys that sign tokens. The private half is sealed.
CREATE TABLE signing_key (
    id          TEXT   NOT NULL,
    algorithm   TEXT   NOT NULL,
    public_key  TEXT   NOT NULL,
    private_key BYTEA  NOT NULL,
    created_at  BIGINT NOT NULL,
    start_at    BIGINT NOT NULL,
    end_at      BIGINT NOT NULL,
    CONSTRAINT signing_key_pk PRIMARY KEY (id)
);

INSERT INTO total (name, amount) VALUES ('user', 0), ('group', 0), ('application', 0), ('servicePrincipal', 0), ('administrativeUnit', 0), ('roleAssignableGroup', 0);
