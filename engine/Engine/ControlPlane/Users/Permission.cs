namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>
/// The permissions of roles, written <c>resource:read</c> or <c>resource:write</c>. Resources are groups of the HTTP API and parts of the
/// control plane.
/// </summary>
public static class Permission
{
    /// <summary>See addresses, names and other personal data in the clear.</summary>
    public const string PersonalData = "personal_data:read";

    /// <summary>See users and their roles.</summary>
    public const string UsersRead = "users:read";

    /// <summary>Invite, change and remove users, and grant roles.</summary>
    public const string UsersWrite = "users:write";

    /// <summary>Read the audit log.</summary>
    public const string AuditRead = "audit:read";

    /// <summary>See the stores' API keys. Their texts are never shown again.</summary>
    public const string KeysRead = "api_keys:read";

    /// <summary>Create, rotate and revoke API keys that have no permission that their creator lacks.</summary>
    public const string KeysWrite = "api_keys:write";

    /// <summary>See erasure requests, and export a person's data; the export requires <see cref="PersonalData"/> too.</summary>
    public const string PrivacyRead = "privacy:read";

    /// <summary>Erase people's data.</summary>
    public const string PrivacyWrite = "privacy:write";

    /// <summary>See roles and their permissions.</summary>
    public const string RolesRead = "roles:read";

    /// <summary>Create, change and delete roles.</summary>
    public const string RolesWrite = "roles:write";

    /// <summary>See and evaluate feature flags.</summary>
    public const string FlagsRead = "feature_flags:read";

    /// <summary>See the settings in force, without secrets, and their versions.</summary>
    public const string ConfigRead = "config:read";

    /// <summary>Change, schedule and roll back settings.</summary>
    public const string ConfigWrite = "config:write";

    /// <summary>Approve campaigns of other users.</summary>
    public const string CampaignsApprove = "campaigns:approve";

    /// <summary>Export events, interventions and conversions; without <see cref="PersonalData"/>, masked.</summary>
    public const string ExportsRead = "exports:read";

    /// <summary>See what the shop's orders and the engine's differ in.</summary>
    public const string ReconciliationRead = "reconciliation:read";

    /// <summary>Compare the shop's orders with the engine's, and send it those that it does not have.</summary>
    public const string ReconciliationWrite = "reconciliation:write";

    /// <summary>See jobs, their runs and their reports.</summary>
    public const string JobsRead = "jobs:read";

    /// <summary>Run, change, pause and cancel jobs.</summary>
    public const string JobsWrite = "jobs:write";

    /// <summary>See the registered models, their aliases and their history.</summary>
    public const string ModelsRead = "models:read";

    /// <summary>Register and delete models, and move aliases: which model decides.</summary>
    public const string ModelsWrite = "models:write";

    /// <summary>See alerts, rules, silences and their history.</summary>
    public const string AlertsRead = "alerts:read";

    /// <summary>Acknowledge, resolve, silence and send alerts, and change rules.</summary>
    public const string AlertsWrite = "alerts:write";

    /// <summary>Query the history of metrics.</summary>
    public const string MonitoringRead = "monitoring:read";

    /// <summary>Send metrics to the history.</summary>
    public const string MonitoringWrite = "monitoring:write";

    /// <summary>Search the engine's log.</summary>
    public const string LogsRead = "logs:read";
    /// <summary>All permissions. <c>events:write</c> is for keys; a user needs it to grant it to a key.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "events:read", "events:write", "features:read", "predictions:read", "carts:read", "customers:read", "interventions:read", "interventions:write", "campaigns:read", "campaigns:write",
        "analytics:read", "products:read", "products:write", "suppressions:read", "suppressions:write", "codes:read", "codes:write", "dead_letters:read", "dead_letters:write",
        FlagsRead, "feature_flags:write", "segments:read", "segments:write", "templates:read", "templates:write", "experiments:read", "experiments:write", "usage:read",
        PersonalData, PrivacyRead, PrivacyWrite, UsersRead, UsersWrite, RolesRead, RolesWrite, KeysRead, KeysWrite, AuditRead,
        ConfigRead, ConfigWrite,
        CampaignsApprove,
        JobsRead, JobsWrite,
        ExportsRead, ReconciliationRead, ReconciliationWrite,
        ModelsRead, ModelsWrite,
        AlertsRead, AlertsWrite,
        MonitoringRead, MonitoringWrite,
        LogsRead,
    ];

    /// <summary>Returns the permission for a group of the API.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="writes">Whether the request changes something.</param>
    public static string Of(string group, bool writes) => $"{group.ToLowerInvariant().Replace(' ', '_')}:{(writes ? "write" : "read")}";
}
