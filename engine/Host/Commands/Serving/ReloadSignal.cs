using System.Runtime.InteropServices;

namespace CartRecovery.Host.Commands.Serving;

/// <summary>Receives SIGHUP, which asks for a reload of the configuration. A signal before the engine has started is kept until then.</summary>
sealed class ReloadSignal : IDisposable
{
    readonly Lock _gate = new();
    readonly PosixSignalRegistration _registration;
    Action? _reload;
    bool _isPending;

    public ReloadSignal() => _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Receive);

    /// <summary>Sets what a signal does, and does it now if one has come.</summary>
    public void Attach(Action reload)
    {
        lock (_gate)
        {
            _reload = reload;
            if (_isPending)
            {
                reload();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _registration.Dispose();

    void Receive(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_gate)
        {
            _isPending = true;
            _reload?.Invoke();
        }
    }
}
