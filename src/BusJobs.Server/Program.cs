System.Console.WriteLine("BusJobs");
