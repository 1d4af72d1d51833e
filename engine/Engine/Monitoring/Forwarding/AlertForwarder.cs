using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Monitoring.Alerts;

namespace CartRecovery.Engine.Monitoring.Forwarding;

/// <summary>
/// Sends the alerts of the engine's rules to Alertmanagers, as Prometheus does. The rules decide when: a firing alert each minute, a resolved
/// one for 15 minutes. Each Alertmanager has a queue and a worker of its own, so one that hangs does not delay another. Thread-safe.
/// </summary>
public sealed class AlertForwarder : IAsyncDisposable
{
    /// <summary>Creates the clients. Nothing is connected before the first alert.</summary>
    /// <param name="targets">The Alertmanagers.</param>
    /// <param name="folder">The folder that the paths of certificates are relative to.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">A certificate cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate is malformed, or does not match its key.</exception>
    public AlertForwarder(IReadOnlyList<AlertmanagerTargetConfig> targets, string folder, TimeProvider time) =>
        Clients = [.. targets.Select(target => new AlertmanagerClient(target, folder, time))];

    /// <summary>The clients, in the order of the configuration.</summary>
    public IReadOnlyList<AlertmanagerClient> Clients { get; }

    /// <summary>Why an Alertmanager did not take the last alerts; null if all did.</summary>
    public string? Problem => Clients.FirstOrDefault(client => client.Problem is not null) is { } failed
        ? $"alerts do not reach the Alertmanager {failed.Name}: {failed.Problem}" : null;

    /// <summary>Queues alerts for each Alertmanager. Does not block.</summary>
    public void Send(IReadOnlyList<AlertMessage> alerts)
    {
        foreach (var client in Clients)
        {
            client.Enqueue(alerts);
        }
    }

    /// <summary>Cancels what is being sent. The rules send alerts again after a restart.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var client in Clients)
        {
            await client.DisposeAsync();
        }
    }
}
