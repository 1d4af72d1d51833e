namespace CartRecovery.Engine.ControlPlane;

/// <summary>Thrown if a change of the control plane is refused, because of what is there or of who asks. Nothing was changed.</summary>
/// <param name="code">A stable code in snake case.</param>
/// <param name="message">What is wrong, and what to do.</param>
public sealed class ControlRefusalException(string code, string message) : Exception(message)
{
    /// <summary>The store has as many keys as it may have.</summary>
    public const string TooManyKeys = "too_many_keys";

    /// <summary>The key was replaced or has expired.</summary>
    public const string KeyEnded = "key_ended";

    /// <summary>There is a role of this name.</summary>
    public const string RoleExists = "role_exists";

    /// <summary>There are as many roles as there may be.</summary>
    public const string TooManyRoles = "too_many_roles";

    /// <summary>A user has the role.</summary>
    public const string RoleInUse = "role_in_use";

    /// <summary>There is no such role.</summary>
    public const string RoleUnknown = "role_unknown";

    /// <summary>Nobody would be left who may do everything.</summary>
    public const string LastAdmin = "last_admin";

    /// <summary>There are as many users as there may be.</summary>
    public const string TooManyMembers = "too_many_members";

    /// <summary>Somebody gives, or takes from others, what they do not have.</summary>
    public const string PermissionNotHeld = "permission_not_held";

    /// <summary>There is a flag with this key.</summary>
    public const string FlagExists = "flag_exists";

    /// <summary>The flag is not the version that the client changed.</summary>
    public const string FlagChanged = "flag_changed";

    /// <summary>There are as many flags as there may be, or they are as large.</summary>
    public const string TooManyFlags = "too_many_flags";

    /// <summary>Too many people wait to be forgotten.</summary>
    public const string TooManyRequests = "too_many_erasures";

    /// <summary>The person is being erased.</summary>
    public const string ErasureRuns = "erasure_runs";

    /// <summary>There is a campaign of this name.</summary>
    public const string CampaignExists = "campaign_exists";

    /// <summary>There are as many campaigns as there may be.</summary>
    public const string TooManyCampaigns = "too_many_campaigns";

    /// <summary>The campaign has another version.</summary>
    public const string CampaignChanged = "campaign_changed";

    /// <summary>The campaign's state does not permit it.</summary>
    public const string CampaignState = "campaign_state";

    /// <summary>Who made it wants to approve it.</summary>
    public const string OwnApproval = "own_approval";

    /// <summary>Nobody has approved it.</summary>
    public const string ApprovalRequired = "approval_required";

    /// <summary>There are as many experiments as there may be.</summary>
    public const string TooManyExperiments = "too_many_experiments";

    /// <summary>The experiment has ended, runs, or has other variants, so that it cannot be changed so.</summary>
    public const string ExperimentUnchangeable = "experiment_unchangeable";

    /// <summary>A job runs already.</summary>
    public const string JobRunning = "job_running";

    /// <summary>The engine cannot do without a job.</summary>
    public const string JobEssential = "job_essential";

    /// <summary>A stable code in snake case.</summary>
    public string Code { get; } = code;
}
