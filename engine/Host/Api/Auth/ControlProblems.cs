using CartRecovery.Engine.Ingest;

namespace CartRecovery.Host.Api.Auth;

/// <summary>The problems that routes of the control plane share.</summary>
static class ControlProblems
{
    public static readonly HttpProblem Unavailable = new(503, "control_unavailable", "The control database does not answer. Try again later.");
}
