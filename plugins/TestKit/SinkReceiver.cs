using CartRecovery.Contracts;

namespace CartRecovery.Plugins.TestKit;

/// <summary>
/// A receiver that can simulate failures. <see cref="HttpReceiver"/> serves sinks that send HTTP requests; for another protocol, derive
/// from this class and declare the supported behaviours. The kit skips checks that need others.
/// </summary>
public abstract class SinkReceiver : IAsyncDisposable
{
    /// <summary>The wait that <see cref="ReceiverBehaviour.Throttle"/> requests.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(7);

    /// <summary>Valid settings of a sink that delivers to this receiver.</summary>
    public abstract IReadOnlyDictionary<string, OptionValue> Settings { get; }

    /// <summary>The supported behaviours.</summary>
    public virtual IReadOnlyList<ReceiverBehaviour> Behaviours => [ReceiverBehaviour.Accept];

    /// <summary>The number of connections, files or processes opened by sinks so far. A sink's factory must not increase it.</summary>
    public abstract int Opened { get; }

    /// <summary>Switches to one of <see cref="Behaviours"/>.</summary>
    public virtual ValueTask SetAsync(ReceiverBehaviour behaviour) => default;

    /// <summary>Adapts an intervention to the current behaviour, for a receiver that decides by recipient.</summary>
    public virtual Intervention Prepare(Intervention intervention) => intervention;

    /// <summary>Every delivery accepted so far, as received; <see langword="null"/> if the receiver cannot record them.</summary>
    public virtual IReadOnlyList<string>? Received => null;

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }
}

/// <summary>How a receiver behaves.</summary>
public enum ReceiverBehaviour
{
    /// <summary>Accepts every intervention.</summary>
    Accept,

    /// <summary>Refuses connections and breaks open ones.</summary>
    RefuseConnections,

    /// <summary>Accepts a request and never answers.</summary>
    Hang,

    /// <summary>Fails temporarily, like HTTP 500.</summary>
    FailTemporarily,

    /// <summary>Asks to wait for <see cref="SinkReceiver.RetryAfter"/>, like HTTP 429.</summary>
    Throttle,

    /// <summary>Rejects permanently, like HTTP 400.</summary>
    RejectPermanently,
}
