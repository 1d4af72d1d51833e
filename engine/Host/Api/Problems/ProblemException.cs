using CartRecovery.Engine.Ingest;

namespace CartRecovery.Host.Api.Problems;

/// <summary>Ends a request with a problem, where a handler cannot return one.</summary>
sealed class ProblemException(HttpProblem problem) : Exception(problem.Detail)
{
    /// <summary>The problem.</summary>
    public HttpProblem Problem => problem;
}
