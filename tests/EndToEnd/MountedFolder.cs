using System.Diagnostics;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>
/// A folder on an in-memory file system, mounted in its own namespace: nothing else sees it, and it disappears with the process that holds
/// it. Needs root or unprivileged user namespaces.
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

    /// <summary>The path for a program started <see cref="Through"/> it.</summary>
    public string Path { get; }

    /// <summary>The path for every other process.</summary>
    public string Outside => $"/proc/{_holder.Id}/root{Path}";

    /// <summary>The command that starts another program inside the namespace, with the parent folder as the working directory.</summary>
    public string[] Through =>
    [
        "nsenter", "--target", $"{_holder.Id}", "--mount", .. _ownUser ? new[] { "--user", "--preserve-credentials" } : [],
        "sh", "-c", "cd \"$0\" && exec \"$@\"", System.IO.Path.GetDirectoryName(Path)!,
    ];

    /// <summary>Mounts it, or marks the test as ignored if mounting is not permitted.</summary>
    /// <param name="path">An existing folder.</param>
    /// <param name="options">Mount options: <c>ro</c>, <c>size=16m</c>.</param>
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

        Assert.Ignore($"A file system cannot be mounted here: {refusal.Trim()}");
        throw new InvalidOperationException("not reached");
    }

    /// <summary>Writes a file that takes all the free space.</summary>
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
        // It exits at the end of its input and so with the test's process.
        _holder.StandardInput.Close();
        await _holder.WaitForExitAsync().WaitAsync(EngineBinary.Deadline);
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
