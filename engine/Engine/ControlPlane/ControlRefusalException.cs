namespace CartRecovery.Engine.ControlPlane;

/// <summary>
/// Thrown when a change conflicts with stored data, exceeds a limit, or is not permitted to the caller. Nothing was changed.
/// </summary>
/// <param name="code">A stable code in snake case.</param>
/// <param name="message">What is wrong, and what to do.</param>
public sealed class ControlRefusalException(string code, string message) : Exception(message)
{
    /// <summary>The store has the maximum number of keys.</summary>
    public const string TooManyKeys = "too_many_keys";

    /// <summary>The key was replaced or has expired.</summary>
    public const string KeyEnded = "key_ended";

    /// <summary>The role's name is taken.</summary>
    public const string RoleExists = "role_exists";

    /// <summary>The limit on roles is reached.</summary>
    public const string TooManyRoles = "too_many_roles";

    /// <summary>The role is assigned to a user.</summary>
    public const string RoleInUse = "role_in_use";

    /// <summary>There is no such role.</summary>
    public const string RoleUnknown = "role_unknown";

    /// <summary>The change would leave no user with all permissions.</summary>
    public const string LastAdmin = "last_admin";

    /// <summary>The limit on users is reached.</summary>
    public const string TooManyMembers = "too_many_members";

    /// <summary>The caller grants or revokes a permission that the caller does not hold.</summary>
    public const string PermissionNotHeld = "permission_not_held";

    /// <summary>The flag's key is taken.</summary>
    public const string FlagExists = "flag_exists";

    /// <summary>The client's version of the flag is out of date.</summary>
    public const string FlagChanged = "flag_changed";

    /// <summary>The limit on the number or the size of flags is reached.</summary>
    public const string TooManyFlags = "too_many_flags";

    /// <summary>The limit on pending erasures is reached.</summary>
    public const string TooManyRequests = "too_many_erasures";

    /// <summary>An erasure of the person is running.</summary>
    public const string ErasureRuns = "erasure_runs";

    /// <summary>The campaign's name is taken.</summary>
    public const string CampaignExists = "campaign_exists";

    /// <summary>The limit on campaigns is reached.</summary>
    public const string TooManyCampaigns = "too_many_campaigns";

    /// <summary>The client's version of the campaign is out of date.</summary>
    public const string CampaignChanged = "campaign_changed";

    /// <summary>The campaign's state forbids the change.</summary>
    public const string CampaignState = "campaign_state";

    /// <summary>The approver is the version's author, or may be.</summary>
    public const string OwnApproval = "own_approval";

    /// <summary>The version needs an approval first.</summary>
    public const string ApprovalRequired = "approval_required";

    /// <summary>Too many backtests wait.</summary>
    public const string TooManyBacktests = "too_many_backtests";

    /// <summary>The backtest has ended.</summary>
    public const string BacktestEnded = "backtest_ended";

    /// <summary>There is a segment with this key.</summary>
    public const string SegmentExists = "segment_exists";

    /// <summary>The segment is not the version that the client changed.</summary>
    public const string SegmentChanged = "segment_changed";

    /// <summary>Something uses the segment.</summary>
    public const string SegmentInUse = "segment_in_use";

    /// <summary>There are as many segments as there may be, or they are as large.</summary>
    public const string TooManySegments = "too_many_segments";

    /// <summary>The store has no such segment any more.</summary>
    public const string SegmentUnknown = "segment_unknown";

    /// <summary>There is a template of this name.</summary>
    public const string TemplateExists = "template_exists";

    /// <summary>The template is not the version that the client changed.</summary>
    public const string TemplateChanged = "template_changed";

    /// <summary>A campaign uses the template.</summary>
    public const string TemplateInUse = "template_in_use";

    /// <summary>The limit on the number or size of templates is reached.</summary>
    public const string TooManyTemplates = "too_many_templates";

    /// <summary>The limit on experiments is reached.</summary>
    public const string TooManyExperiments = "too_many_experiments";

    /// <summary>The experiment's state or its variants forbid the change.</summary>
    public const string ExperimentUnchangeable = "experiment_unchangeable";

    /// <summary>The job is running already.</summary>
    public const string JobRunning = "job_running";

    /// <summary>The job cannot be paused: the engine needs it.</summary>
    public const string JobEssential = "job_essential";

    /// <summary>A stable code in snake case.</summary>
    public string Code { get; } = code;
}
