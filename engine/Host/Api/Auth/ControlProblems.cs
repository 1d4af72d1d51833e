using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Ingest;

namespace CartRecovery.Host.Api.Auth;

/// <summary>The problems that routes of the control plane share.</summary>
static class ControlProblems
{
    public static readonly HttpProblem Unavailable = new(503, "control_unavailable", "The control database does not answer. Try again later.");
    public static readonly HttpProblem NotHeld = new(403, ControlRefusalException.PermissionNotHeld, "You cannot grant a permission that you do not have.");
    public static readonly HttpProblem TooManyKeys = new(409, ControlRefusalException.TooManyKeys, "The store has the maximum number of keys. Revoke an unused one.");
    public static readonly HttpProblem KeyEnded = new(409, ControlRefusalException.KeyEnded, "The key was replaced or has expired. Rotate its successor, or create a new one.");

    public static readonly HttpProblem RoleExists = new(409, ControlRefusalException.RoleExists, "There is a role of this name already.");
    public static readonly HttpProblem TooManyRoles = new(409, ControlRefusalException.TooManyRoles, "The maximum number of roles is reached. Delete an unused one.");
    public static readonly HttpProblem RoleInUse = new(409, ControlRefusalException.RoleInUse, "Users have the role. Give them another role first.");
    public static readonly HttpProblem RoleUnknown = new(400, ControlRefusalException.RoleUnknown, "There is no such role. GET /v1/roles lists them.");
    public static readonly HttpProblem LastAdmin = new(409, ControlRefusalException.LastAdmin, "This is the last administrator. Add another one first.");

    public static readonly HttpProblem TooManyMembers = new(409, ControlRefusalException.TooManyMembers, "The maximum number of members is reached. Delete one that does not sign in.");

    public static readonly HttpProblem TooManyErasures = new(503, ControlRefusalException.TooManyRequests, "Too many erasures are pending. Try again later.");
    public static readonly HttpProblem ErasureRuns = new(409, ControlRefusalException.ErasureRuns, "The person is being erased. Wait until the request is completed.");

    public static readonly HttpProblem FlagExists = new(409, ControlRefusalException.FlagExists, "There is a flag with this key already. Change it, or choose another key.");
    public static readonly HttpProblem FlagChanged = new(412, ControlRefusalException.FlagChanged,
        "The flag was changed meanwhile. Read it again, and repeat your change with its ETag.");

    public static readonly HttpProblem TooManyFlags = new(409, ControlRefusalException.TooManyFlags, "The maximum number of flags is reached. Delete an unused one.");

    public static readonly HttpProblem SegmentExists = new(409, ControlRefusalException.SegmentExists, "There is a segment with this key already. Change it, or choose another key.");
    public static readonly HttpProblem SegmentChanged = new(412, ControlRefusalException.SegmentChanged,
        "The segment was changed meanwhile. Read it again, and repeat your change with its ETag.");

    public static readonly HttpProblem SegmentInUse = new(409, ControlRefusalException.SegmentInUse, "A flag, an experiment or a campaign uses the segment.");
    public static readonly HttpProblem SegmentUnknown = new(409, ControlRefusalException.SegmentUnknown, "The store has no such segment any more.");
    public static readonly HttpProblem TooManySegments = new(409, ControlRefusalException.TooManySegments, "There are as many segments as there may be. Delete one that is not used.");

    public static readonly HttpProblem TemplateExists = new(409, ControlRefusalException.TemplateExists, "There is a template of this name already. Change it, or choose another name.");
    public static readonly HttpProblem TemplateChanged = new(412, ControlRefusalException.TemplateChanged,
        "The template was changed meanwhile. Read it again, and repeat your change with its ETag.");

    public static readonly HttpProblem TemplateInUse = new(409, ControlRefusalException.TemplateInUse, "A campaign uses the template.");
    public static readonly HttpProblem TooManyTemplates = new(409, ControlRefusalException.TooManyTemplates, "The maximum number of templates is reached. Delete an unused one.");

    public static readonly HttpProblem CampaignExists = new(409, ControlRefusalException.CampaignExists, "There is already a campaign of this name. Choose another name.");
    public static readonly HttpProblem TooManyCampaigns = new(409, ControlRefusalException.TooManyCampaigns, "The maximum number of campaigns is reached. Delete archived ones.");
    public static readonly HttpProblem CampaignChanged = new(412, ControlRefusalException.CampaignChanged, "The campaign has another version now. Read it again, and send If-Match with its ETag.");
    public static readonly HttpProblem CampaignState = new(409, ControlRefusalException.CampaignState, "The campaign's state does not permit this.");
    public static readonly HttpProblem OwnApproval = new(409, ControlRefusalException.OwnApproval, "You cannot approve your own version. Another user must approve it.");
    public static readonly HttpProblem ApprovalRequired = new(409, ControlRefusalException.ApprovalRequired, "Another user must approve the campaign first.");

    public static readonly HttpProblem TooManyBacktests = new(503, ControlRefusalException.TooManyBacktests, "As many backtests wait as can. Wait for one, or cancel one.");
    public static readonly HttpProblem BacktestEnded = new(409, ControlRefusalException.BacktestEnded, "The backtest has ended.");

    public static readonly HttpProblem TooManyExperiments = new(409, ControlRefusalException.TooManyExperiments, "The maximum number of experiments is reached. Delete one that has ended.");
    public static readonly HttpProblem ExperimentUnchangeable = new(409, ControlRefusalException.ExperimentUnchangeable, "The experiment does not permit this change.");

    public static readonly HttpProblem JobRunning = new(409, ControlRefusalException.JobRunning, "The job is running. Wait for its end, or cancel it.");
    public static readonly HttpProblem JobEssential = new(409, ControlRefusalException.JobEssential, "The engine needs the job, so it cannot be paused. Change its schedule instead.");

    static readonly HttpProblem[] s_refusals = [TemplateExists, TemplateChanged, TemplateInUse, TooManyTemplates, SegmentExists, SegmentChanged, SegmentInUse, SegmentUnknown, TooManySegments, TooManyBacktests, BacktestEnded, ApprovalRequired, OwnApproval, CampaignState, CampaignChanged, TooManyCampaigns, CampaignExists, TooManyErasures, ErasureRuns, NotHeld, TooManyKeys, KeyEnded, RoleExists, TooManyRoles, RoleInUse, RoleUnknown, LastAdmin, TooManyMembers, FlagExists, FlagChanged, TooManyFlags, TooManyExperiments,
        ExperimentUnchangeable, JobRunning, JobEssential];

    /// <summary>Returns the problem of a rejected change.</summary>
    public static HttpProblem Of(ControlRefusalException refusal) => s_refusals.First(problem => problem.Code == refusal.Code) with { Detail = refusal.Message };
}
