namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>A named set of permissions.</summary>
/// <param name="Name">The name.</param>
/// <param name="Permissions">The permissions.</param>
public sealed record Role(string Name, IReadOnlySet<string> Permissions)
{
    /// <summary>Maximum length of a name.</summary>
    public const int MaxName = 32;

    /// <summary>The role with all permissions.</summary>
    public const string Admin = "admin";

    static readonly string[] s_shop =
        ["events:read", "features:read", "predictions:read", "carts:read", "interventions:read", "campaigns:read", "analytics:read", "products:read", "codes:read",
            Permission.FlagsRead, "segments:read", "templates:read", "experiments:read", "usage:read", Permission.ModelsRead];

    /// <summary>The built-in roles by name.</summary>
    public static IReadOnlyDictionary<string, Role> BuiltIn { get; } = new[]
    {
        Of(Admin, [.. Permission.All]),
        Of("operator", [.. s_shop, "customers:read", "interventions:write", "campaigns:write", "suppressions:read", "suppressions:write", "dead_letters:read", "dead_letters:write",
            "codes:write", "products:write", "feature_flags:write", "segments:write", "templates:write", "experiments:write", Permission.PersonalData, Permission.PrivacyRead, Permission.PrivacyWrite, Permission.AuditRead, Permission.LogsRead, Permission.JobsRead, Permission.JobsWrite, Permission.ConfigRead, Permission.CampaignsApprove, Permission.ExportsRead, Permission.ReconciliationRead, Permission.ReconciliationWrite, Permission.ModelsWrite, Permission.MonitoringRead, Permission.MonitoringWrite, Permission.AlertsRead, Permission.AlertsWrite]),
        Of("marketer", [.. s_shop, "customers:read", "interventions:write", "campaigns:write", "products:write", "suppressions:read", "suppressions:write", "codes:write",
            "feature_flags:write", "segments:write", "templates:write", "experiments:write"]),
        Of("analyst", [.. s_shop, Permission.JobsRead, Permission.MonitoringRead, Permission.AlertsRead, Permission.ExportsRead, Permission.ReconciliationRead, "customers:read", "suppressions:read", "dead_letters:read"]),
        Of("viewer", ["interventions:read", "campaigns:read", "analytics:read", "products:read", Permission.FlagsRead, "segments:read", "templates:read", "experiments:read"]),
    }.ToDictionary(role => role.Name, StringComparer.Ordinal);

    /// <summary>
    /// Validates a custom role. Returns the first problem, beginning with the field; <see langword="null"/> if it is valid.
    /// </summary>
    public static string? ProblemOf(string name, IReadOnlyCollection<string> permissions)
    {
        if (name.Length is 0 or > MaxName || name[0] is < 'a' or > 'z' || name.Any(c => c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_')))
        {
            return $"name: expected at most {MaxName} small letters, digits, - and _, the first a letter";
        }

        if (permissions.Count == 0)
        {
            return "permissions: expected at least one";
        }

        // A list: the first element may be null, so FirstOrDefault cannot tell "none".
        List<string?> unknown = [.. permissions.Where(permission => !Permission.All.Contains(permission))];
        return unknown.Count == 0 ? null
            : $"permissions: expected {string.Join(", ", Permission.All)}; got '{(unknown[0]?.Length > MaxName ? unknown[0]![..MaxName] : unknown[0])}'";
    }

    static Role Of(string name, params string[] permissions) => new(name, new HashSet<string>(permissions, StringComparer.Ordinal));
}

/// <summary>A role granted to a user.</summary>
/// <param name="Role">The role's name.</param>
/// <param name="Store">The store's id; <see langword="null"/> for all stores and for anything that belongs to no store.</param>
public sealed record Grant(string Role, string? Store);
