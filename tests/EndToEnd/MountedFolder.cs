using System.Diagnostics;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>
/// A folder on a file system of its own, in memory. It is mounted in a namespace of its own, so nothing else sees it, and it is gone with
/// the process that holds it, whatever becomes of the test. Needs root, or a kernel that lets users have namespaces.
/// </summary>
sealed class MountedFolder : IAsyncDisposable
{
    readonly Process _holder;
    readonly bool _ownUser;

    MountedFolder(Process holder, bool ownUser, string path)
    {
        _holder = holder;
        _ownUser = ownUser;
        Path = path;
    }

    /// <summary>Where it is for a program that is started <see cref="Through"/> it.</summary>
    public string Path { get; }

    /// <summary>Where it is for everyone else.</summary>
    public string Outside => $"/proc/{_holder.Id}/root{Path}";

    /// <summary>The program, with its arguments, that starts another one inside; in the folder above, for the way in leads over the root.</summary>
    public string[] Through =>
    [
        "nsenter", "--target", $"{_holder.Id}", "--mount", .. _ownUser ? new[] { "--user", "--preserve-credentials" } : [],
        "sh", "-c", "cd \"$0\" && exec \"$@\"", System.IO.Path.GetDirectoryName(Path)!,
    ];

    /// <summary>Mounts it, or has the test ignored where that is not allowed.</summary>
    /// <param name="path">A folder that is there.</param>
    /// <param name="options">Of the mount: <c>ro</c>, <c>size=16m</c>.</param>
    public static async Task<MountedFolder> MountAsync(string path, string options)
    {
        var refusal = "";
        foreach (var ownUser in new[] { false, true })
        {
            var holder = Hold(ownUser, path, options);
            if (await holder.StandardOutput.ReadLineAsync() == "mounted")
            {
                return new MountedFolder(holder, ownUser, path);
            }

            refusal = await holder.StandardError.ReadToEndAsync();
            await holder.WaitForExitAsync();
            holder.Dispose();
        }

        Assert.Ignore($"A file system of its own cannot be mounted here: {refusal.Trim()}");
        throw new InvalidOperationException("not reached");
    }

    /// <summary>Writes a file that takes all the room there is.</summary>
    public void Fill(string name)
    {
        using var file = new FileStream(System.IO.Path.Combine(Outside, name), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[1 << 20];
        for (var size = block.Length; size >= 512;)
        {
            try
            {
                file.Write(block, 0, size);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Its end is that of its input, and so it ends with the test's process, too.
        _holder.StandardInput.Close();
        await _holder.WaitForExitAsync();
        _holder.Dispose();
    }

    static Process Hold(bool ownUser, string path, string options) => Process.Start(new ProcessStartInfo("unshare",
        [
            "--mount", .. ownUser ? new[] { "--map-root-user" } : [],
            "sh", "-c", "mount -t tmpfs -o \"$2\" tmpfs \"$1\" && echo mounted && exec cat", "sh", path, options,
        ])
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
