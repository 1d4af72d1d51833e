using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Host.Api.Serving;

/// <summary>A model in force.</summary>
/// <param name="Alias">What it does: `champion`, `canary`, `shadow`, `shadow-…`, or the name that campaigns ask for.</param>
/// <param name="Version">The version, as in decisions and metrics.</param>
/// <param name="Evaluator">What evaluates it.</param>
/// <param name="Rows">Rows that the version has scored since the start, under whatever alias.</param>
/// <param name="Failures">Its runs that failed.</param>
/// <param name="Problem">Why it is no longer used; null while it is.</param>
sealed record ServedItem(string Alias, string Version, string Evaluator, long Rows, long Failures, string? Problem)
{
    /// <summary>Describes a model.</summary>
    public static ServedItem Of(ServedModel served) =>
        new(served.Alias, served.Id, served.Model.Evaluator, served.Traffic.Rows, served.Traffic.Failures, served.Fault);
}
