using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>
/// A socket's registration with its <see cref="PollingThread"/>. It follows the reads: armed while one is pending, and disarmed as soon as
/// input arrives that nobody waits for, so that a busy client whose answers are pending costs no wake-ups. The caller locks.
/// </summary>
/// <param name="socket">The socket.</param>
/// <param name="thread">The thread that polls it.</param>
/// <param name="token">The reader's token on the thread.</param>
sealed class SocketReadiness(Socket socket, PollingThread thread, long token)
{
    bool _isSession;
    bool _isRegistered;
    bool _isArmed;

    /// <summary>Moves the socket to the set that is polled only while events may be read.</summary>
    public void BeginSession()
    {
        Unregister();
        _isSession = true;
    }

    /// <summary>Reports input, once it is there.</summary>
    /// <param name="problem">Why that is impossible: the socket was closed on this side, or the system is at its limit.</param>
    public bool TryArm([NotNullWhen(false)] out Exception? problem)
    {
        try
        {
            if (!_isRegistered)
            {
                thread.EpollOf(_isSession).Register(socket.SafeHandle, token, Epoll.Readable);
            }
            else if (!_isArmed)
            {
                thread.EpollOf(_isSession).Modify(socket.SafeHandle, token, Epoll.Readable);
            }

            (_isRegistered, _isArmed) = (true, true);
            problem = null;
            return true;
        }
        catch (Exception e) when (e is ObjectDisposedException or Win32Exception)
        {
            problem = e;
            return false;
        }
    }

    /// <summary>Reports at least that the peer is gone.</summary>
    /// <param name="isOver">Whether that is known, or of no interest any more.</param>
    public void Watch(bool isOver)
    {
        if (_isRegistered || isOver)
        {
            return;
        }

        try
        {
            thread.EpollOf(_isSession).Register(socket.SafeHandle, token, 0);
            _isRegistered = true;
        }
        catch (Exception e) when (e is ObjectDisposedException or Win32Exception)
        {
            // The next read reports it.
        }
    }

    /// <summary>Reports no more input, only that the peer is gone.</summary>
    public void Disarm()
    {
        if (!_isArmed)
        {
            return;
        }

        _isArmed = false;
        try
        {
            thread.EpollOf(_isSession).Modify(socket.SafeHandle, token, 0);
        }
        catch (ObjectDisposedException)
        {
            // Closing it removed it.
        }
    }

    /// <summary>Reports nothing more.</summary>
    public void Unregister()
    {
        if (!_isRegistered)
        {
            return;
        }

        (_isRegistered, _isArmed) = (false, false);
        try
        {
            thread.EpollOf(_isSession).Unregister(socket.SafeHandle);
        }
        catch (ObjectDisposedException)
        {
            // Closing it removed it.
        }
    }
}
