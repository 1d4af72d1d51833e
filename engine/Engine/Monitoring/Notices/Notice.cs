using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>A message about a group of alerts over one integration of a receiver.</summary>
/// <param name="Integration">Who gets it, and how.</param>
/// <param name="GroupKey">Identifies the group at the receiver: its route and labels. PagerDuty's and Opsgenie's key for duplicates.</param>
/// <param name="GroupLabels">The labels that the alerts share by the route.</param>
/// <param name="Alerts">The alerts, those that fire first; resolved ones only if the receiver wants them.</param>
public sealed record Notice(NoticeIntegration Integration, string GroupKey, SeriesLabels GroupLabels, IReadOnlyList<AlertMessage> Alerts)
{
    /// <summary>The receiver's name.</summary>
    public string Receiver => Integration.Receiver;

    /// <summary>Whether an alert of the notice fires.</summary>
    public bool IsFiring => Alerts.Any(alert => !alert.IsResolved);

    /// <summary>The time of what was said before about the group; 0 for nothing. In milliseconds since the Unix epoch.</summary>
    public long Previous { get; init; }

    /// <summary>Identifies the message: the same when it is sent again because it was not known to be delivered, another for each that follows.</summary>
    public string Id
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(Encoding.UTF8.GetBytes($"{Integration.Key}\n{GroupKey}\n{Previous}\n"));
            hash.AppendData(MemoryMarshal.AsBytes(Fingerprints(isResolved: false).AsSpan()));
            hash.AppendData("\n"u8);
            hash.AppendData(MemoryMarshal.AsBytes(Fingerprints(isResolved: true).AsSpan()));
            return $"notice_{Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16))}";
        }
    }

    /// <summary>The fingerprints of the alerts that fire, sorted, and when each began.</summary>
    internal (ulong[] Fingerprints, long[] Starts) Firings()
    {
        ulong[] fingerprints = [.. Alerts.Where(alert => !alert.IsResolved).Select(alert => LabelText.Fingerprint(alert.Labels))];
        long[] starts = [.. Alerts.Where(alert => !alert.IsResolved).Select(alert => alert.StartsAt)];
        Array.Sort(fingerprints, starts);
        return (fingerprints, starts);
    }

    /// <summary>The fingerprints of the alerts that fire, or of those that have resolved; sorted.</summary>
    internal ulong[] Fingerprints(bool isResolved)
    {
        ulong[] fingerprints = [.. Alerts.Where(alert => alert.IsResolved == isResolved).Select(alert => LabelText.Fingerprint(alert.Labels))];
        Array.Sort(fingerprints);
        return fingerprints;
    }
}
