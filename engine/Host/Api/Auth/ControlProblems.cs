using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Ingest;

namespace CartRecovery.Host.Api.Auth;

/// <summary>The problems that routes of the control plane share.</summary>
static class ControlProblems
{
    public static readonly HttpProblem Unavailable = new(503, "control_unavailable", "The control database does not answer. Try again later.");
    public static readonly HttpProblem NotHeld = new(403, "permission_not_held", "You cannot give what you do not have.");
    public static readonly HttpProblem TooManyKeys = new(409, ControlRefusalException.TooManyKeys, "The store has as many keys as it may have. Revoke one that is not used.");
    public static readonly HttpProblem KeyEnded = new(409, ControlRefusalException.KeyEnded, "The key was replaced or has expired. Rotate its successor, or make a new one.");

    static readonly HttpProblem[] s_refusals = [TooManyKeys, KeyEnded];

    /// <summary>Returns the problem of a refused change.</summary>
    public static HttpProblem Of(ControlRefusalException refusal) => s_refusals.First(problem => problem.Code == refusal.Code) with { Detail = refusal.Message };
}
