using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.Ingest;

namespace CartRecovery.Host.Api.Definitions;

/// <summary>The problems that the routes of definitions share.</summary>
static class DefinitionProblems
{
    /// <summary>Returns the problem of a missing definition.</summary>
    public static HttpProblem NotFound(DefinitionTerms terms) => new(404, $"{terms.Noun}_not_found", $"There is no such {terms.Noun}.");
}
