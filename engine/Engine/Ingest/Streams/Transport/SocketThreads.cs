namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>Configures which threads continue socket operations.</summary>
public static class SocketThreads
{
    const string Setting = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>
    /// Runs sessions inline on the socket polling threads, one per core, instead of waking a pool thread per read: at 50,000 events/s
    /// that wake-up is half of the work. Nothing that blocks may run there: sessions do not block, and HTTP requests and plugins go to
    /// the pool. Call before the first socket is created. An existing environment setting takes precedence.
    /// </summary>
    public static void RunSessions()
    {
        if (Environment.GetEnvironmentVariable(Setting) is null)
        {
            Environment.SetEnvironmentVariable(Setting, "1");
        }
    }
}
