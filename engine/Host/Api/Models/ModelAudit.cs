using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Host.Api.Access;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Models;

/// <summary>Records changes of models, which concern no store.</summary>
sealed class ModelAudit(AuditRecorder recorder)
{
    /// <summary>Runs a change beside the request's thread, since loading a model takes its time, and records it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="change">The change; receives the actor.</param>
    /// <param name="describe">Returns the action, the target and the version of a change; <see langword="null"/> if nothing changed.</param>
    public async Task<T> RunAsync<T>(HttpContext context, Func<string, T> change, Func<T, (string Action, string Target, string? Version)?> describe)
    {
        // Rejects the change before it is made, if it could not be recorded.
        recorder.EnsureCapacity();
        var actor = UserIdentity.Of(context).ActorName;
        var done = await Task.Run(() => change(actor));
        if (describe(done) is var (action, target, version))
        {
            await recorder.RecordDoneAsync(new AuditEvent(actor, action, $"model:{target}", Details: version is null ? null : $$"""{"version":"{{version}}"}""")
            {
                Address = UserIdentity.AddressOf(context),
            });
        }

        return done;
    }
}
