using CartRecovery.Engine.Ingest;

namespace CartRecovery.Host.Api.Alerts;

/// <summary>The problems of alerts, rules and silences.</summary>
static class AlertProblems
{
    public static readonly HttpProblem NotFound = new(404, "alert_not_found", "There is no such alert. GET /api/v1/monitoring/alerts lists those that fire.");
    public static readonly HttpProblem NotFiring = new(409, "alert_not_firing", "The alert does not fire any more.");
    public static readonly HttpProblem InvalidText = new(400, "invalid_note", "A name has at most 256 characters, and a note at most 4,096.");
    public static readonly HttpProblem InvalidRule = new(400, "invalid_rule", "The body is not a rule.");
    public static readonly HttpProblem RuleNotFound = new(404, "rule_not_found", "There is no such rule. GET /api/v1/monitoring/alerts/rules lists them.");
    public static readonly HttpProblem RuleOfFile = new(409, "rule_of_file", "The rule is in a file of monitoring.alerts.rules. Change the file.");
    public static readonly HttpProblem TooManyRules = new(409, "too_many_rules", "The maximum number of rules is reached. Delete one that is of no use.");
    public static readonly HttpProblem QueryFailed = new(422, "query_failed", "The expression cannot be evaluated on this data.");
    public static readonly HttpProblem InvalidAlert = new(400, "invalid_alert", "The body is not a list of alerts.");
    public static readonly HttpProblem InvalidFilter = new(400, "invalid_filter", "A filter is not a matcher.");
    public static readonly HttpProblem InvalidSilence = new(400, "invalid_silence", "The body is not a silence.");
    public static readonly HttpProblem SilenceNotFound = new(404, "silence_not_found", "There is no such silence, or it has ended.");
    public static readonly HttpProblem NotStored = new(503, "alerts_not_stored", "The database of alerts cannot be written. Nothing has changed. Try again later.");
}
