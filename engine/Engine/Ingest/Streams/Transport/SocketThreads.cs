namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>Where the framework continues what waited for a socket.</summary>
public static class SocketThreads
{
    const string Setting = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>
    /// Lets the threads that wait for the sockets run the sessions themselves, one a core, instead of waking a thread of the pool for each read:
    /// at 50,000 events a second that wake-up is half of the work. Nothing that blocks may run there: sessions do not, requests to the HTTP port go
    /// to the pool, and so do plugins. To be called before the first socket is made; a setting of the environment's own stays.
    /// </summary>
    public static void RunSessions()
    {
        if (Environment.GetEnvironmentVariable(Setting) is null)
        {
            Environment.SetEnvironmentVariable(Setting, "1");
        }
    }
}
