namespace BusJobs.IntegrationTests.Topology;

/// <summary>The files of <c>deploy</c>, as they lie in the checkout.</summary>
internal static class DeployFiles
{
    private static readonly string Root = Find();

    public static string Path(string name) => System.IO.Path.Combine(Root, "deploy", name);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "BusJobs.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No BusJobs.sln above {AppContext.BaseDirectory}.");
    }
}
