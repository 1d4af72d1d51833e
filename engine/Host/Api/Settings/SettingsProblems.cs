using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Settings;

namespace CartRecovery.Host.Api.Settings;

/// <summary>The problems of requests that change settings.</summary>
static class SettingsProblems
{
    public static readonly HttpProblem Invalid = new(400, SettingsException.Invalid, "The settings are invalid; see 'problems'.");
    public static readonly HttpProblem TooLarge = new(400, SettingsException.TooLarge, "The changes are too large. Put the larger part into the file.");
    public static readonly HttpProblem Secret = new(400, SettingsException.SecretNotAllowed, "A secret is set in the file, or named by a reference that settings.references lists.");
    public static readonly HttpProblem Pinned = new(409, SettingsException.Pinned, "The key is pinned to the file. Change it there.");
    public static readonly HttpProblem NeedsRestart = new(409, SettingsException.NeedsRestart, "Only a restart changes the key. Set it in the file, and restart the engine.");
    public static readonly HttpProblem Fixed = new(409, LiveSettings.NotReloadable, "This engine was not started from a file that it can load again.");
    public static readonly HttpProblem Busy = new(503, LiveSettings.Busy, "Too many checks and changes are pending. Try again in a few seconds.");
    public static readonly HttpProblem TooManyScheduled = new(409, LiveSettings.TooManyScheduled, "The maximum number of changes is scheduled. Cancel one.");
    public static readonly HttpProblem Changed = new(412, LiveSettings.VersionChanged, "The settings have another version now. Read them again, and send If-Match with their ETag.");
    public static readonly HttpProblem MatchRequired = new(428, "if_match_required", "Send If-Match with the ETag of the settings that you read, or * for any version.");
    public static readonly HttpProblem UnknownKey = new(404, "setting_unknown", "The settings have no such key. GET /v1/config lists them.");
    public static readonly HttpProblem UnknownVersion = new(404, "version_unknown", "There is no such version, or it was deleted by age.");
    public static readonly HttpProblem UnknownSchedule = new(404, "schedule_unknown", "No such change is pending.");
    public static readonly HttpProblem Past = new(400, "out_of_range", "at: expected a time in the next 366 days.");

    /// <summary>The problems of every change.</summary>
    public static HttpProblem[] OfChange { get; } = [Invalid, TooLarge, Secret, Pinned, NeedsRestart, Fixed, Changed, MatchRequired, Busy];

    /// <summary>Returns the problem of a rejected change.</summary>
    public static HttpProblem Of(SettingsException refusal) => OfChange.Append(TooManyScheduled).First(problem => problem.Code == refusal.Code) with
    { Detail = refusal.Message, Problems = refusal.Problems.Count == 0 ? null : refusal.Problems };
}
